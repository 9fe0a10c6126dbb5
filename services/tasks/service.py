"""One replica of `tasks`: its parts, put together for the chassis."""

import asyncio
import random
import signal
from collections.abc import Coroutine, Sequence
from typing import Any

import grpc

from radmesh.blobs.v1 import (
    image_service_pb2,
    image_service_pb2_grpc,
    sweep_service_pb2,
    sweep_service_pb2_grpc,
)
from radmesh.errors import UnavailableError
from radmesh.tasks.v1 import (
    admin_service_pb2,
    admin_service_pb2_grpc,
    batch_service_pb2,
    batch_service_pb2_grpc,
    follow_service_pb2,
    follow_service_pb2_grpc,
    pipeline_service_pb2,
    pipeline_service_pb2_grpc,
    review_service_pb2,
    review_service_pb2_grpc,
    statistics_service_pb2,
    statistics_service_pb2_grpc,
    task_service_pb2,
    task_service_pb2_grpc,
    worker_service_pb2,
    worker_service_pb2_grpc,
)
from services.chassis import logs, roles
from services.chassis.metrics import Metrics
from services.chassis.watch import WatchHub
from services.tasks.catalogue import Catalogue
from services.tasks.counting import Counting
from services.tasks.follower import Follower
from services.tasks.follows import Follows
from services.tasks.inquiries import Inquiries
from services.tasks.metrics import TasksMetrics
from services.tasks.paces import Paces
from services.tasks.parts import Parts, StoreLogs
from services.tasks.recoverer import look_for_stuck_tasks
from services.tasks.recovery import Recovery
from services.tasks.servicers.admin import AdminServicer
from services.tasks.servicers.batches import BatchServicer
from services.tasks.servicers.follow import FollowServicer
from services.tasks.servicers.images import ImageRecordServicer, ImageServicer
from services.tasks.servicers.pipelines import PipelineServicer
from services.tasks.servicers.reviews import ReviewServicer
from services.tasks.servicers.statistics import StatisticsServicer
from services.tasks.servicers.sweeps import SweepServicer
from services.tasks.servicers.tasks import TaskServicer
from services.tasks.servicers.workers import WorkerServicer
from services.tasks.sessions import Sessions
from services.tasks.settings import TasksSettings
from services.tasks.store import TaskStore
from services.tasks.store_watch import StoreWatch
from services.tasks.sweep.sweeper import Sweeper
from services.tasks.ticker import Ticker
from services.tasks.webhooks.wiring import Webhooks

_LOG = logs.logger(__name__)
_RETRY_SECONDS = 0.25
_FILES = (
    task_service_pb2,
    batch_service_pb2,
    pipeline_service_pb2,
    follow_service_pb2,
    worker_service_pb2,
    image_service_pb2,
    admin_service_pb2,
    review_service_pb2,
    statistics_service_pb2,
    sweep_service_pb2,
)


class TasksService:
    """See services.chassis.server.Service."""

    name = "tasks"

    def __init__(self, settings: TasksSettings, metrics: Metrics) -> None:
        self._settings = settings
        self._metrics = TasksMetrics(metrics.registry)
        self._started: Parts | None = None
        self._webhooks: Webhooks | None = None
        self._loops: list[asyncio.Task[None]] = []

    @property
    def settings(self) -> TasksSettings:
        """See services.chassis.server.Service."""
        return self._settings

    def register(self, server: grpc.aio.Server) -> Sequence[str]:
        """See services.chassis.server.Service."""
        operators = roles.named(self._settings.operators)
        task_service_pb2_grpc.add_TaskServiceServicer_to_server(TaskServicer(self._parts), server)
        batch_service_pb2_grpc.add_BatchServiceServicer_to_server(BatchServicer(self._parts), server)
        review_service_pb2_grpc.add_ReviewServiceServicer_to_server(ReviewServicer(self._parts), server)
        pipeline_service_pb2_grpc.add_PipelineServiceServicer_to_server(PipelineServicer(self._parts), server)
        follow_service_pb2_grpc.add_FollowServiceServicer_to_server(FollowServicer(self._parts), server)
        worker_service_pb2_grpc.add_WorkerServiceServicer_to_server(WorkerServicer(self._parts), server)
        admin_service_pb2_grpc.add_AdminServiceServicer_to_server(
            AdminServicer(self._parts, operators), server
        )
        statistics_service_pb2_grpc.add_StatisticsServiceServicer_to_server(
            StatisticsServicer(self._parts, operators), server
        )
        sweep_service_pb2_grpc.add_SweepServiceServicer_to_server(
            SweepServicer(self._parts, operators), server
        )
        image_service_pb2_grpc.add_ImageServiceServicer_to_server(ImageServicer(self._parts), server)
        image_service_pb2_grpc.add_ImageRecordServiceServicer_to_server(
            ImageRecordServicer(self._parts), server
        )
        return [service.full_name for file in _FILES for service in file.DESCRIPTOR.services_by_name.values()]

    async def start(self) -> None:
        """See services.chassis.server.Service. Waits for Redis for a time."""
        store = await self._open_store()
        catalogue = Catalogue(store)
        policy = self._settings.timeout_policy()
        sessions = Sessions(store, catalogue, policy)
        paces = Paces(store)
        hub = WatchHub(
            StoreLogs(store, paces),
            watch_limit=self._settings.watch_limit,
            bookmark_seconds=self._settings.bookmark_seconds,
        )
        follows = Follows(self._settings.follower_pending)
        inquiries = Inquiries(store, self._settings.inspect_seconds)
        recovery = Recovery(store, inquiries)
        self._webhooks = Webhooks(self._settings, store, catalogue, self._metrics.webhooks)
        callbacks = self._webhooks.policy
        counting = Counting(store, self._metrics.statistics.show, lambda: recovery.stuck)
        sweeper = Sweeper(store, self._settings, self._metrics.sweep)
        self._started = Parts(
            store, catalogue, sessions, hub, follows, policy, recovery, paces, callbacks, counting, sweeper
        )
        self._metrics.show(sessions=lambda: len(sessions), watches=lambda: hub.open_watches)
        courier = self._webhooks.courier
        follower = Follower(store, hub, follows, sessions, inquiries, courier=courier, metrics=self._metrics)
        self._run(follower.run())
        self._run(courier.run())
        self._run(Ticker(store, sessions, self._settings.tick_seconds).run())
        self._run(StoreWatch(store, self._metrics, self._store_was_emptied).run())
        if self._settings.stuck_check_seconds:
            self._run(
                look_for_stuck_tasks(
                    recovery,
                    interval_seconds=self._settings.stuck_check_seconds,
                    max_runtime_seconds=self._settings.stuck_runtime_seconds,
                    act=self._settings.stuck_recovery,
                )
            )
        if self._settings.blobs and self._settings.sweep_seconds:
            self._run(sweeper.run())
        self._run(paces.run(self._settings.count_seconds))
        self._run(counting.run(self._settings.count_seconds, self._settings.count_times_seconds))

    async def ready(self) -> None:
        """See services.chassis.server.Service. `start` has found Redis."""

    async def drain(self) -> None:
        """See services.chassis.server.Service. Watches go first: they resume elsewhere at once."""
        parts = self._parts()
        parts.hub.drain()
        parts.follows.drain()
        parts.sweeper.drain()
        assert self._webhooks is not None
        await asyncio.gather(
            parts.sessions.drain(self._settings.worker_drain_seconds), self._webhooks.courier.drain()
        )

    async def stop(self) -> None:
        """See services.chassis.server.Service."""
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        if self._webhooks is not None:
            await self._webhooks.close()
        if self._started is not None:
            await self._started.store.close()

    def _store_was_emptied(self) -> None:
        parts = self._parts()
        parts.sessions.reconnect_all()
        parts.hub.gap()
        parts.follows.gap()

    def _parts(self) -> Parts:
        if self._started is None:
            raise UnavailableError("this replica has not started yet")
        return self._started

    async def _open_store(self) -> TaskStore:
        deadline = asyncio.get_running_loop().time() + self._settings.redis_wait_seconds
        told = False
        while True:
            try:
                return await TaskStore.open(self._settings.redis_url, self._settings.store_settings())
            except UnavailableError as error:
                if asyncio.get_running_loop().time() >= deadline:
                    raise
                if not told:
                    _LOG.warning("store not there yet", problem=error.message)
                    told = True
                await asyncio.sleep(random.uniform(0.5, 1.0) * _RETRY_SECONDS)

    def _run(self, loop: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(loop)
        task.add_done_callback(_end_process_when_broken)
        self._loops.append(task)


def _end_process_when_broken(task: "asyncio.Task[None]") -> None:
    """A replica without one of its loops would look alive and do nothing: better it is started again."""
    if not task.cancelled():
        _LOG.critical("a loop of this replica broke", exc_info=task.exception())
        signal.raise_signal(signal.SIGTERM)
