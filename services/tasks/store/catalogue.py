"""The pipelines that workers have introduced, and the descriptors of their types."""

from collections.abc import Mapping

from services.tasks.pace import Pace, typical_seconds
from services.tasks.records import PipelineRecord
from services.tasks.store import keys
from services.tasks.store.connection import command
from services.tasks.store.part import StorePart

# Ended attempts that say what the next one takes: enough for a median, few enough to follow a new model.
_PACE_ATTEMPTS = 100


class CataloguePart(StorePart):
    """Pipelines and descriptor sets."""

    async def put_pipeline(self, pipeline: str, descriptor: bytes, descriptor_set_sha256: str) -> None:
        """Keeps a pipeline's description.

        Descriptor sets that no pipeline has used for a day are dropped.
        """
        await self._scripts.call(
            "put_pipeline", keys.PIPELINES, self._now(), pipeline, descriptor, descriptor_set_sha256
        )

    async def read_paces(self) -> dict[str, Pace]:
        """Returns how fast each pipeline goes."""
        flat = await self._scripts.call("read_paces", keys.PIPELINES, self._now(), _PACE_ATTEMPTS)
        return {
            name.decode(): Pace(typical_seconds(runtimes), slots, busy)
            for name, slots, busy, runtimes in zip(flat[::4], flat[1::4], flat[2::4], flat[3::4], strict=True)
        }

    async def list_pipelines(self) -> list[PipelineRecord]:
        """Returns all pipelines by name."""
        flat = await self._scripts.call("list_pipelines", keys.PIPELINES, self._now())
        found = [
            PipelineRecord(name.decode(), descriptor, sha256.decode(), workers, bool(paused))
            for name, descriptor, sha256, workers, paused in zip(*[iter(flat)] * 5, strict=True)
        ]
        return sorted(found, key=lambda one: one.pipeline)

    async def put_descriptor_set(self, sha256: str, content: bytes) -> None:
        """Keeps a serialized FileDescriptorSet; put before the pipelines that use it."""
        await self._scripts.call("put_descriptor_set", keys.DESCRIPTOR_SETS, self._now(), sha256, content)

    async def list_descriptor_sets(self) -> Mapping[str, bytes]:
        """Returns the descriptor sets by digest."""
        flat = await command(self._redis, "HGETALL", keys.DESCRIPTOR_SETS)
        return {sha256.decode(): content for sha256, content in zip(flat[::2], flat[1::2], strict=True)}
