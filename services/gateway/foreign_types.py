"""The types of the workers' results, for reflection: learned from `tasks`, never mixed with our own."""

from collections.abc import AsyncIterator, Iterable

from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.message import DecodeError

from radmesh.tasks.v1.follow_service_pb2 import DescriptorSet, ListDescriptorSetsRequest
from services.chassis import logs
from services.gateway.tasks_peer import TasksPeer

_LOG = logs.logger(__name__)
# Whole sets travel, and a message of gRPC is at most 4 MiB.
_PAGE = 10


class ForeignTypes:
    """Answers what a DescriptorPool is asked, from the newest of its pools.

    A pool cannot forget or replace a file, so a change of the workers' types makes a new one. None of them is
    the default pool: a worker's version of a file must not meet the one that the gateway itself uses.
    """

    def __init__(self, peer: TasksPeer) -> None:
        self._peer = peer
        self._known: frozenset[str] = frozenset()
        self._pool = descriptor_pool.DescriptorPool()

    def __getattr__(self, name: str) -> object:
        return getattr(self._pool, name)

    async def refresh(self) -> bool:
        """Asks `tasks` for the types; whether they changed. Raises what the call raises."""
        found = [one async for one in self._all_sets()]
        known = frozenset(one.sha256 for one in found)
        if known == self._known:
            return False
        self._pool = build_pool(found)
        self._known = known
        return True

    async def _all_sets(self) -> AsyncIterator[DescriptorSet]:
        token = ""
        while True:
            request = ListDescriptorSetsRequest(page_size=_PAGE, page_token=token)
            answer = await self._peer.ask(self._peer.logs.ListDescriptorSets, request)
            for one in answer.descriptor_sets:
                yield one
            token = answer.next_page_token
            if not token:
                return


def build_pool(sets: Iterable[DescriptorSet]) -> descriptor_pool.DescriptorPool:
    """A pool of all files of the sets. Sets in use go first; where two disagree on a file, the first wins."""
    pool = descriptor_pool.DescriptorPool()
    for one in sorted(sets, key=lambda one: (not one.pipelines, one.sha256)):
        try:
            files = descriptor_pb2.FileDescriptorSet.FromString(one.content).file
        except DecodeError:
            _LOG.warning("descriptor set cannot be read", sha256=one.sha256)
            continue
        for file in files:
            # A worker's types are met here, its services are not.
            file.ClearField("service")
            _add(pool, file, one.sha256)
    return pool


def _add(pool: descriptor_pool.DescriptorPool, file: descriptor_pb2.FileDescriptorProto, sha256: str) -> None:
    try:
        pool.AddSerializedFile(file.SerializeToString())
    except TypeError:
        # Already there with other content, or built on something that is missing.
        _LOG.warning("descriptor does not fit", sha256=sha256, proto=file.name)
