"""What one follow stream is still to be told: what to follow, what no more, and what to create."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator

from radmesh.tasks.v1.follow_service_pb2 import FollowRequest, WantedLog, WantedTask

# What follows within it takes an unfollow along: a message costs both sides far more than the news meanwhile.
_UNFOLLOW_SECONDS = 0.05
# A name takes 38 bytes on the wire, twice with its log, and an owner a few hundred at most; one message stays
# below gRPC's limit of 4 MiB.
_NAMES_PER_MESSAGE = 5_000
_CREATES_BYTES = 1 << 20


class Orders:
    """The orders of one connection, which go out many in a message."""

    def __init__(self, wanted: Iterable[str]) -> None:
        self._changes: dict[str, WantedLog | bool] = dict.fromkeys(wanted, True)
        self._creates: list[WantedTask] = []
        self._changed = asyncio.Event()
        self._changed.set()
        self._closed = False
        self._later: asyncio.TimerHandle | None = None

    def follow(self, name: str, log: WantedLog | None) -> None:
        """Orders a task or batch, and the log that is to come with the confirmation.

        One that is followed still is ordered again, and confirmed again.
        """
        self._changes[name] = log or True
        self._changed.set()

    def create(self, wanted: WantedTask) -> None:
        """Orders a task."""
        self._creates.append(wanted)
        self._changed.set()

    def unfollow(self, name: str) -> None:
        """Orders the end of a follow, with the next order or a moment later: nobody waits for it."""
        self._changes[name] = False
        if self._later is None and not self._closed:
            self._later = asyncio.get_running_loop().call_later(_UNFOLLOW_SECONDS, self._changed.set)

    def close(self) -> None:
        """Ends `messages`: gRPC does not end the requests of a stream that the other side broke."""
        self._closed = True
        self._changed.set()
        self._call_off()

    async def messages(self) -> AsyncIterator[FollowRequest]:
        """The orders as they come, many in one message."""
        while True:
            await self._changed.wait()
            if self._closed:
                return
            self._changed.clear()
            self._call_off()
            changes, self._changes = list(self._changes.items()), {}
            # A create may be long; together they stay below gRPC's limit, unless one alone is over it.
            for created in self._creates_together():
                yield FollowRequest(creates=created)
            for start in range(0, len(changes), _NAMES_PER_MESSAGE):
                part = changes[start : start + _NAMES_PER_MESSAGE]
                yield FollowRequest(
                    follow=[name for name, wanted in part if wanted is not False],
                    unfollow=[name for name, wanted in part if wanted is False],
                    logs=[wanted for _, wanted in part if isinstance(wanted, WantedLog)],
                )

    def _creates_together(self) -> Iterator[list[WantedTask]]:
        together: list[WantedTask] = []
        size = 0
        creates, self._creates = self._creates, []
        for wanted in creates:
            size += wanted.ByteSize()
            if together and size > _CREATES_BYTES:
                yield together
                together, size = [], wanted.ByteSize()
            together.append(wanted)
        if together:
            yield together

    def _call_off(self) -> None:
        if self._later is not None:
            self._later.cancel()
            self._later = None
