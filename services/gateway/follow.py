"""Carries the watches of every client on one stream to `tasks`, and connects it again when it breaks."""

import asyncio
import itertools
import random

import grpc

from radmesh import status
from radmesh.cancelling import is_cancelled
from radmesh.errors import UnavailableError
from radmesh.tasks.v1.follow_service_pb2 import (
    FollowResponse,
    ReadBatchLogRequest,
    ReadTaskLogRequest,
    TaskCreated,
    TaskFollowed,
    WantedLog,
    WantedTask,
)
from radmesh.tasks.v1.task_service_pb2 import CreateTaskRequest
from services.chassis import contexts, logs, principals, tracing
from services.chassis.watch import BegunWatch, WatchHub
from services.chassis.watcher import Log
from services.gateway.metrics import GatewayMetrics
from services.gateway.orders import Orders
from services.gateway.tasks_peer import TasksPeer

_LOG = logs.logger(__name__)
_SHORTEST_PAUSE = 0.02
_LONGEST_PAUSE = 1.0
# A message that `tasks` refuses for its length would end the stream of all.
_MOST_CREATE_BYTES = 256 << 10


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
        self._orders = Orders(())
        # Whether news came on this connection, and who waits for the answer to a create on it.
        self._heard = False
        self._creating: dict[int, asyncio.Future[BegunWatch | None]] = {}
        self._numbers = itertools.count(1)

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

    async def create(self, request: CreateTaskRequest, hub: WatchHub) -> BegunWatch | None:
        """Creates a task, and begins a watch of it in the hub.

        None when that could not be done on this stream: CreateTask says why, or does it. Raises
        UnavailableError when no answer comes.
        """
        if not self._heard or request.ByteSize() > _MOST_CREATE_BYTES:
            return None
        number = next(self._numbers)
        created = self._creating[number] = asyncio.get_running_loop().create_future()
        owner = principals.current().name
        self._orders.create(
            WantedTask(number=number, owner=owner, traceparent=tracing.traceparent(), request=request)
        )
        try:
            async with asyncio.timeout(self._patience):
                begun: BegunWatch | None = await created
                return begun
        except TimeoutError:
            await _give_up(created, hub)
            raise UnavailableError("The mesh cannot take tasks now. Repeat the call in a moment.") from None
        except asyncio.CancelledError:
            await _give_up(created, hub)
            raise
        finally:
            del self._creating[number]

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
            if is_cancelled():
                return
            if asyncio.get_running_loop().time() - began > _LONGEST_PAUSE:
                pause = _SHORTEST_PAUSE
            self._metrics.follow_breaks.inc()
            _LOG.warning("follow broken", reason=reason, pause_seconds=round(pause, 3))
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _follow(self, hub: WatchHub) -> None:
        """One connection, from its start to its break."""
        self._orders = Orders(self._wanted)
        call = self._peer.logs.Follow(self._orders.messages(), wait_for_ready=True)
        try:
            async for news in call:
                self._heard = True
                for one in (news, *news.more):
                    self._tell(hub, one)
        finally:
            self._heard = False
            for waiting in self._creating.values():
                if not waiting.done():
                    waiting.set_result(None)
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
        elif kind == "created":
            self._begin(hub, news.created)

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

    def _begin(self, hub: WatchHub, created: TaskCreated) -> None:
        """Begins the watch before the next news is looked at: that may be the task's."""
        name = created.task.name
        waiting = self._creating.get(created.number)
        if waiting is None or waiting.done():
            if name:
                self._orders.unfollow(name)
        elif name:
            self._wanted[name] = asyncio.get_running_loop().create_future()
            self._wanted[name].set_result(None)
            waiting.set_result(hub.begin(created.task))
        else:
            waiting.set_result(None)


async def _give_up(created: "asyncio.Future[BegunWatch | None]", hub: WatchHub) -> None:
    """Ends a watch that began in the moment in which its caller went, or waited no longer."""
    if not created.cancelled() and (begun := created.result()) is not None:
        await hub.give_up(begun)
