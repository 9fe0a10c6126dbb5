"""The pipelines that workers have introduced, and the descriptors of their types."""

from collections.abc import Iterable, Mapping

from radmesh.errors import ExhaustedError
from services.tasks.pace import Pace, typical_seconds
from services.tasks.records import PipelineRecord
from services.tasks.store import keys
from services.tasks.store.connection import command
from services.tasks.store.part import StorePart

_FULL_SECONDS = 60.0
# Ended attempts that say what the next one takes: enough for a median, few enough to follow a new model.
_PACE_ATTEMPTS = 100


class CataloguePart(StorePart):
    """Pipelines and descriptor sets."""

    async def introduce(
        self,
        pipelines: Mapping[str, bytes],
        descriptor_set_sha256: str,
        descriptor_set: bytes,
        compared: Iterable[str] | None = None,
    ) -> bool:
        """Keeps the descriptions of pipelines, by id, and the serialized FileDescriptorSet of their types.

        compared: digests of the sets that agree with this one; None where types are not compared. All of it
        is kept or nothing: False when a set is there with which this one was not compared. Descriptor sets
        that no pipeline has used for a day are dropped.
        Raises ExhaustedError (TOO_MANY_PIPELINES, TOO_MANY_TYPES).
        """
        described: list[str | bytes] = []
        for pipeline, descriptor in pipelines.items():
            described += [pipeline, descriptor]
        outcome = await self._scripts.call(
            "introduce",
            keys.PIPELINES,
            self._now(),
            descriptor_set_sha256,
            descriptor_set,
            "*" if compared is None else " ".join(compared),
            *described,
        )
        if outcome == b"TOO_MANY_PIPELINES":
            raise ExhaustedError(
                f"The mesh knows {self._settings.pipelines} pipelines and takes no more. Delete one.",
                reason="TOO_MANY_PIPELINES",
                retry_after=_FULL_SECONDS,
            )
        if outcome == b"TOO_MANY_TYPES":
            raise ExhaustedError(
                f"The mesh keeps {self._settings.descriptor_sets} sets of result types, of "
                f"{self._settings.descriptor_sets_bytes} bytes together, and takes no more. Delete pipelines "
                "that are no longer needed: types that none uses go after a day.",
                reason="TOO_MANY_TYPES",
                retry_after=_FULL_SECONDS,
            )
        return bool(outcome == b"KEPT")

    async def weights_user(self, model: str) -> str:
        """The id of a task that has not ended and needs weights of a model (by id); "" for none."""
        found: bytes = await self._scripts.call("find_weights_user", keys.LEASES, f"models/{model}/weights/")
        return found.decode()

    async def read_paces(self) -> dict[str, Pace]:
        """Returns how fast each pipeline goes."""
        flat = await self._scripts.call("read_paces", keys.PIPELINES, self._now(), _PACE_ATTEMPTS)
        return {
            name.decode(): Pace(typical_seconds(runtimes), slots, busy, _text(pause))
            for name, slots, busy, pause, runtimes in zip(*[iter(flat)] * 5, strict=True)
        }

    async def list_pipelines(self) -> list[PipelineRecord]:
        """Returns all pipelines by name."""
        flat = await self._scripts.call("list_pipelines", keys.PIPELINES, self._now())
        found = [
            PipelineRecord(name.decode(), descriptor, sha256.decode(), workers, _text(pause))
            for name, descriptor, sha256, workers, pause in zip(*[iter(flat)] * 5, strict=True)
        ]
        return sorted(found, key=lambda one: one.pipeline)

    async def list_descriptor_sets(self) -> Mapping[str, bytes]:
        """Returns the descriptor sets by digest."""
        flat = await command(self._redis, "HGETALL", keys.DESCRIPTOR_SETS)
        return {sha256.decode(): content for sha256, content in zip(flat[::2], flat[1::2], strict=True)}


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode()
