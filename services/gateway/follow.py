"""Carries the watches of every client on one stream to `tasks`, and connects it again when it breaks."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterable

import grpc

from radmesh import status
from radmesh.errors import UnavailableError
from radmesh.tasks.v1.follow_service_pb2 import (
    FollowRequest,
    FollowResponse,
    ReadBatchLogRequest,
    ReadTaskLogRequest,
    TaskFollowed,
    WantedLog,
)
from services.chassis import contexts, logs
from services.chassis.watch import WatchHub
from services.chassis.watcher import Log
from services.gateway.metrics import GatewayMetrics
from services.gateway.tasks_peer import TasksPeer

_LOG = logs.logger(__name__)
_SHORTEST_PAUSE = 0.02
# What follows within it takes an unfollow along: a message costs both sides far more than the news meanwhile.
_UNFOLLOW_SECONDS = 0.05
_LONGEST_PAUSE = 1.0
# A name takes 38 bytes on the wire, twice with its log, and an owner a few hundred at most; one message stays
# below gRPC's limit of 4 MiB.
_NAMES_PER_MESSAGE = 5_000


class _Orders:
    """What one connection is still to be told: what to follow, and what no more."""

    def __init__(self, wanted: Iterable[str]) -> None:
        self._changes: dict[str, WantedLog | bool] = dict.fromkeys(wanted, True)
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
            for start in range(0, len(changes), _NAMES_PER_MESSAGE):
                part = changes[start : start + _NAMES_PER_MESSAGE]
                yield FollowRequest(
                    follow=[name for name, wanted in part if wanted is not False],
                    unfollow=[name for name, wanted in part if wanted is False],
                    logs=[wanted for _, wanted in part if isinstance(wanted, WantedLog)],
                )

    def _call_off(self) -> None:
        if self._later is not None:
            self._later.cancel()
            self._later = None


class FollowedLogs:
    """The LogSource of the gateway's WatchHub. patience: seconds that a new watch waits for `tasks`.

    What is wanted is kept here, so a new connection, to whichever replica, asks for all of it at once; the
    watches then read their logs from where each of them stands.
    """

    def __init__(self, peer: TasksPeer, metrics: GatewayMetrics, *, patience: float) -> None:
        self._peer = peer
        self._metrics = metrics
        self._patience = patience
        self._running: asyncio.Task[None] | None = None
        # What is wanted, and a future for as long as `tasks` has not confirmed it for the first time.
        self._wanted: dict[str, asyncio.Future[Log | None]] = {}
        self._orders = _Orders(())

    def start(self, hub: WatchHub) -> None:
        """Begins to feed a hub."""
        self._running = contexts.detached(self._run(hub), name="follow")

    async def stop(self) -> None:
        """Ends the stream."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait([self._running])

    async def subscribe(self, name: str, owner: str, after: int | None) -> Log | None:
        """See LogSource. A batch's log may be long, and never comes with the answer."""
        confirmed = self._wanted[name] = asyncio.get_running_loop().create_future()
        of_task = name.startswith("tasks/")
        self._orders.follow(
            name, WantedLog(name=name, owner=owner, after_sequence=after) if of_task else None
        )
        try:
            async with asyncio.timeout(self._patience):
                found: Log | None = await confirmed
                return found
        except TimeoutError:
            await self.unsubscribe(name)
            raise UnavailableError("The mesh cannot tell of tasks now. Watch again in a moment.") from None
        except asyncio.CancelledError:
            await self.unsubscribe(name)
            raise

    async def unsubscribe(self, name: str) -> None:
        """See LogSource."""
        self._wanted.pop(name, None)
        self._orders.unfollow(name)

    async def read(self, name: str, owner: str, after: int | None) -> Log:
        """See LogSource. The call goes out in the watch's own context, which says who the owner is."""
        if name.startswith("batches/"):
            of_batch = ReadBatchLogRequest(name=name, after_sequence=after)
            found = await self._peer.ask(self._peer.logs.ReadBatchLog, of_batch)
            return Log(found.batch, list(found.events))
        request = ReadTaskLogRequest(name=name, after_sequence=after)
        answer = await self._peer.ask(self._peer.logs.ReadTaskLog, request)
        return Log(answer.task, list(answer.events))

    async def _run(self, hub: WatchHub) -> None:
        pause = _SHORTEST_PAUSE
        while True:
            began = asyncio.get_running_loop().time()
            try:
                await self._follow(hub)
                reason = "CLOSED"
            except grpc.RpcError as error:
                reason = status.from_rpc_error(error).reason
            if asyncio.get_running_loop().time() - began > _LONGEST_PAUSE:
                pause = _SHORTEST_PAUSE
            self._metrics.follow_breaks.inc()
            _LOG.warning("follow broken", reason=reason, pause_seconds=round(pause, 3))
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _follow(self, hub: WatchHub) -> None:
        """One connection, from its start to its break."""
        self._orders = _Orders(self._wanted)
        call = self._peer.logs.Follow(self._orders.messages(), wait_for_ready=True)
        try:
            async for news in call:
                for one in (news, *news.more):
                    self._tell(hub, one)
        finally:
            self._orders.close()
            call.cancel()

    def _tell(self, hub: WatchHub, news: FollowResponse) -> None:
        kind = news.WhichOneof("message")
        if kind == "event":
            self._metrics.saw_event(news.event.event_time)
            hub.publish_event(news.task, news.event)
        elif kind == "progress":
            hub.publish_progress(news.task, news.progress)
        elif kind == "batch_event":
            self._metrics.saw_event(news.batch_event.event.event_time)
            hub.publish_event(news.task, news.batch_event)
        elif kind == "batch_progress":
            hub.publish_progress(news.task, news.batch_progress)
        elif kind == "gap":
            hub.gap(news.task or None)
        elif kind == "followed":
            self._confirm(hub, news.task, news.followed)

    def _confirm(self, hub: WatchHub, name: str, followed: TaskFollowed) -> None:
        confirmed = self._wanted.get(name)
        if confirmed is None:
            return
        if confirmed.done():
            # Followed anew, after a break: what happened meanwhile is in the log.
            hub.gap(name)
        elif followed.HasField("log"):
            confirmed.set_result(Log(followed.log.task, list(followed.log.events)))
        else:
            confirmed.set_result(None)
