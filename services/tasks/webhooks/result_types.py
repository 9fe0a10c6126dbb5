"""The types of results, from the descriptor sets that workers brought; each set has a pool of its own."""

from collections.abc import Mapping

from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.message import DecodeError

from radmesh.errors import PipelineNotFoundError
from services.chassis import logs
from services.tasks.catalogue import Catalogue
from services.tasks.store import TaskStore

_LOG = logs.logger(__name__)


class ResultTypes:
    """Finds the pool that knows a type: that of the task's pipeline, else any."""

    def __init__(self, store: TaskStore, catalogue: Catalogue) -> None:
        self._store = store
        self._catalogue = catalogue
        self._pools: Mapping[str, descriptor_pool.DescriptorPool] = {}

    async def pool_for(self, pipeline: str, full_name: str) -> descriptor_pool.DescriptorPool:
        """A pool with the type, or an empty one. Raises UnavailableError."""
        try:
            sha256 = (await self._catalogue.get(pipeline)).descriptor_set_sha256
        except PipelineNotFoundError:
            sha256 = ""
        if sha256 not in self._pools or not _knows(self._pools[sha256], full_name):
            await self._read()
        candidates = [self._pools[sha256]] if sha256 in self._pools else []
        for pool in (*candidates, *self._pools.values()):
            if _knows(pool, full_name):
                return pool
        _LOG.warning("type of a result not known", pipeline=pipeline, type=full_name)
        return descriptor_pool.DescriptorPool()

    async def _read(self) -> None:
        sets = await self._store.list_descriptor_sets()
        self._pools = {
            sha256: self._pools.get(sha256) or _build(content) for sha256, content in sorted(sets.items())
        }


def _knows(pool: descriptor_pool.DescriptorPool, full_name: str) -> bool:
    try:
        pool.FindMessageTypeByName(full_name)
    except KeyError:
        return False
    return True


def _build(content: bytes) -> descriptor_pool.DescriptorPool:
    """A pool of a set that was checked when its worker brought it."""
    pool = descriptor_pool.DescriptorPool()
    try:
        for file in descriptor_pb2.FileDescriptorSet.FromString(content).file:
            pool.AddSerializedFile(file.SerializeToString())
    except (DecodeError, TypeError):
        _LOG.warning("descriptor set cannot be read")
    return pool
