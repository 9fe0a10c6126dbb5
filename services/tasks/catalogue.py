"""The pipelines that the mesh knows, and what a worker's hello adds to them."""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from radmesh import names
from radmesh.errors import PipelineNotFoundError
from radmesh.tasks.v1 import pipeline_pb2, worker_service_pb2
from services.tasks.descriptors import check_compatible, digest, read_types
from services.tasks.store import TaskStore

# How old a reading may be for a request: a worker's new limits hold for every replica this soon.
_FRESH_SECONDS = 1.0


@dataclass(frozen=True)
class KnownPipeline:
    """A pipeline as its last worker described it, and the digest of the descriptor set of its result."""

    pipeline_id: str
    message: pipeline_pb2.Pipeline
    descriptor_set_sha256: str


class Catalogue:
    """Reads the pipelines from the store, at most once a second, and writes what workers bring."""

    def __init__(self, store: TaskStore) -> None:
        self._store = store
        self._known: Mapping[str, KnownPipeline] = {}
        self._read_at = float("-inf")

    async def get(self, pipeline_id: str) -> KnownPipeline:
        """One pipeline. Raises PipelineNotFoundError."""
        known = await self._recent()
        if pipeline_id not in known:
            # Its first worker may have come a moment ago.
            known = await self._read()
        if pipeline_id not in known:
            # Internal ones are asked for by commands of their own.
            names_known = ", ".join(one for one in known if not known[one].message.operators_only)
            raise PipelineNotFoundError(
                f"There is no pipeline {pipeline_id}; "
                + (f"known are: {names_known}." if names_known else "no worker has introduced any yet."),
                metadata={"known_pipelines": names_known},
            )
        return known[pipeline_id]

    async def find(self, pipeline_id: str) -> pipeline_pb2.Pipeline:
        """One pipeline's description. Raises PipelineNotFoundError."""
        return (await self.get(pipeline_id)).message

    async def list_pipelines(self) -> Sequence[KnownPipeline]:
        """All pipelines by name, with the workers that are connected now."""
        return list((await self._read()).values())

    async def delete(self, pipeline_id: str) -> None:
        """Forgets a pipeline. Raises PipelineNotFoundError, PipelineInUseError."""
        await self._store.delete_pipeline(pipeline_id)
        self.forget()

    def forget(self) -> None:
        """Makes the next look read the store again."""
        self._read_at = float("-inf")

    async def learn(
        self, hello: worker_service_pb2.WorkerHello | worker_service_pb2.WorkerPipelines
    ) -> list[str]:
        """Keeps the pipelines and the types of a checked message, all or nothing; returns the pipelines' ids.

        Raises FailedPreconditionError (DESCRIPTOR_CONFLICT), ExhaustedError (TOO_MANY_PIPELINES,
        TOO_MANY_TYPES).
        """
        content, sha256 = hello.descriptor_set, digest(hello.descriptor_set)
        found = {}
        for pipeline in hello.pipelines:
            (pipeline_id,) = names.parse("pipelines", pipeline.name) or ("",)
            kept = pipeline_pb2.Pipeline()
            kept.CopyFrom(pipeline)
            kept.ClearField("connected_workers")
            kept.ClearField("paused")
            kept.ClearField("pause_reason")
            found[pipeline_id] = kept.SerializeToString(deterministic=True)
        compared = await self._compare(sha256, content, ())
        while not await self._store.introduce(found, sha256, content, compared):
            # Another worker brought types in the same moment.
            compared |= await self._compare(sha256, content, compared)
        self.forget()
        return list(found)

    async def _compare(self, sha256: str, content: bytes, compared: Collection[str]) -> set[str]:
        """Compares a descriptor set with those that are kept, but for those that it was compared with before.

        Returns the digests of these. Raises FailedPreconditionError (DESCRIPTOR_CONFLICT).
        """
        kept = await self._store.list_descriptor_sets()
        # One that is kept was compared when it came.
        new = {} if sha256 in kept else {one: kept[one] for one in kept if one not in compared}
        offered = read_types(content) if new else {}
        for other in new.values():
            check_compatible(read_types(other), offered)
        return set(new)

    async def _recent(self) -> Mapping[str, KnownPipeline]:
        if time.monotonic() - self._read_at < _FRESH_SECONDS:
            return self._known
        return await self._read()

    async def _read(self) -> Mapping[str, KnownPipeline]:
        begun = time.monotonic()
        found = {}
        for record in await self._store.list_pipelines():
            message = pipeline_pb2.Pipeline.FromString(record.descriptor)
            message.connected_workers = record.connected_workers
            message.paused = record.pause is not None
            message.pause_reason = record.pause or ""
            found[record.pipeline] = KnownPipeline(record.pipeline, message, record.descriptor_set_sha256)
        self._known, self._read_at = found, begun
        return found
