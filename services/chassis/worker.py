"""A worker: holds a Work stream to `tasks` for ever, runs what it assigns, and loses no outcome."""

import asyncio
import os
import random
import signal
import uuid
from collections.abc import Callable, Sequence

import grpc

from radmesh.cancelling import is_cancelled
from radmesh.errors import RadmeshError
from radmesh.status import from_rpc_error
from radmesh.tasks.v1.task_pb2 import TaskProgress
from radmesh.tasks.v1.worker_service_pb2 import (
    Assignment,
    LeaseAcknowledgement,
    LeaseStanding,
    WorkerHeartbeat,
    WorkerHello,
    WorkerInspection,
    WorkerProgress,
    WorkerWelcome,
    WorkRequest,
    WorkResponse,
)
from radmesh.tasks.v1.worker_service_pb2_grpc import WorkerServiceStub
from services.chassis import logs
from services.chassis.attempt import Attempt, AttemptTools, LeaseId, Stop
from services.chassis.blobs import BlobStore
from services.chassis.contexts import detached
from services.chassis.holding import may_hold
from services.chassis.model_pool import ModelPool
from services.chassis.model_process import ModelOutput
from services.chassis.work_session import WorkSession
from services.chassis.worker_profile import WorkerProfile

_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 2.0
_LONGEST_WAIT_SECONDS = 1.0
_ACKNOWLEDGE_SECONDS = 5.0
"""Time that a draining worker waits for its last outcomes to be acknowledged."""

log = logs.logger(__name__)


class Worker:
    """The worker of this process. Its id lasts as long as the process, through every reconnect."""

    def __init__(
        self,
        profile: WorkerProfile,
        pool: ModelPool,
        blobs: BlobStore,
        channel: grpc.aio.Channel,
        *,
        welcome_seconds: float = 10.0,
        on_output: Callable[[str, ModelOutput], None] = lambda pipeline, output: None,
        on_outcome: Callable[[Attempt], None] = lambda attempt: None,
        on_connected: Callable[[bool], None] = lambda connected: None,
    ) -> None:
        self.id = str(uuid.uuid4())
        self._profile = profile
        self._pool = pool
        self._stub = WorkerServiceStub(channel)
        self._welcome_seconds = welcome_seconds
        self._on_outcome = on_outcome
        self._on_connected = on_connected
        self._tools = AttemptTools(pool, blobs, self._progressed, on_output, self._ended)
        self._attempts: dict[LeaseId, Attempt] = {}
        self._all_settled = asyncio.Event()
        self._all_settled.set()
        self._deletions: set[asyncio.Task[None]] = set()
        self._session: WorkSession | None = None
        self._draining = False
        self._loop: asyncio.Task[None] | None = None
        self._told_busy = pool.slots
        self._interval = 1.0
        pool.on_change = self._slots_changed

    def start(self) -> None:
        """Begins to connect."""
        self._loop = detached(self._serve(), name="worker")
        self._loop.add_done_callback(_end_process_if_broken)

    async def drain(self, grace_seconds: float) -> None:
        """Takes no more work; finishes what ends within the grace, hands the rest back, and leaves."""
        self._draining = True
        if self._session is not None:
            self._session.beat_soon()
        for attempt in self._open():
            if attempt.waiting:
                attempt.stop(Stop.RELEASE)
        running = [asyncio.ensure_future(attempt.ended()) for attempt in self._open()]
        if running:
            await asyncio.wait(running, timeout=grace_seconds)
        for attempt in self._open():
            attempt.stop(Stop.RELEASE)
        if running:
            await asyncio.wait(running)
        try:
            async with asyncio.timeout(_ACKNOWLEDGE_SECONDS):
                await self._all_settled.wait()
        except TimeoutError:
            log.warning("outcomes not acknowledged", count=len(self._attempts))
        await self.stop()

    def describe(self, profile: WorkerProfile) -> None:
        """Tells what the worker serves from now on; of the same pipelines. Known before any later outcome."""
        self._profile = profile
        self._send(WorkRequest(pipelines=profile.change()))

    async def stop(self) -> None:
        """Closes the stream; leases that are left run out by themselves."""
        for attempt in self._attempts.values():
            attempt.abandon()
        if self._loop:
            self._loop.cancel()
            await asyncio.gather(self._loop, return_exceptions=True)
        await asyncio.gather(*self._deletions, return_exceptions=True)

    def on_welcome(self, session: WorkSession, welcome: WorkerWelcome) -> None:
        """See SessionOwner."""
        log.info("session opened", session=welcome.session, worker=self.id)
        self._session = session
        self._on_connected(True)
        self._interval = welcome.heartbeat_interval.ToTimedelta().total_seconds()
        for attempt in self._attempts.values():
            self._send_outcome(attempt)

    def on_response(self, response: WorkResponse) -> None:
        """See SessionOwner."""
        match response.WhichOneof("message"):
            case "assignment":
                self._assigned(response.assignment)
            case "acknowledgement":
                self._acknowledged(response.acknowledgement)
            case "cancel":
                self._stop_attempt(LeaseId.of(response.cancel.lease), Stop.CANCEL)
            case "drop_lease":
                self._stop_attempt(LeaseId.of(response.drop_lease.lease), Stop.DROP)
            case "inspect":
                self._send(WorkRequest(inspection=self._inspected(response.inspect.inspect_id)))

    def beat(self) -> None:
        """See SessionOwner."""
        self._told_busy = self._busy_otherwise()
        self._give_waiting_back()
        # What runs, dropped attempts included until they have stopped: their slots are not free. An attempt
        # that ended is spoken for by its outcome.
        leases = [attempt.lease for attempt in self._open()]
        free = 0 if self._draining else self._pool.free
        self._send(
            WorkRequest(heartbeat=WorkerHeartbeat(leases=leases, free_slots=free, draining=self._draining))
        )
        now = asyncio.get_running_loop().time()
        for attempt in self._attempts.values():
            if now - attempt.sent_at >= self._interval:
                self._send_outcome(attempt)

    def may_hold(self, messages: int) -> bool:
        """See SessionOwner."""
        running = len(self._open())
        return may_hold(messages, assigned=len(self._attempts), running=running, slots=self._pool.slots)

    def _give_waiting_back(self) -> None:
        """Assignments came ahead because the runs were short; when one is not, another worker may be free."""
        open_attempts = self._open()
        for attempt in open_attempts[self._pool.slots :]:
            if attempt.waiting and attempt.seconds > _LONGEST_WAIT_SECONDS:
                attempt.stop(Stop.GIVE_BACK)

    def _inspected(self, inspect_id: int) -> WorkerInspection:
        # One whose outcome is not acknowledged yet is held: the outcome is still to count.
        held = [attempt for attempt in self._attempts.values() if not attempt.dropped]
        running = [attempt.lease for attempt in held if not attempt.waiting and attempt.outcome is None]
        leases = [attempt.lease for attempt in held]
        return WorkerInspection(inspect_id=inspect_id, running=running, held=leases)

    async def _serve(self) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while not is_cancelled():
            session = WorkSession(self, welcome_seconds=self._welcome_seconds)
            try:
                await session.run(self._stub, self._hello)
            except grpc.aio.AioRpcError as failure:
                error = from_rpc_error(failure)
                log.warning("session ended", reason=error.reason, message=error.message)
            except RadmeshError as error:
                log.warning("session ended", reason=error.reason, message=error.message)
            pause = _FIRST_PAUSE_SECONDS if self._session else min(pause * 2, _LONGEST_PAUSE_SECONDS)
            self._session = None
            self._on_connected(False)
            await asyncio.sleep(random.uniform(0, pause))

    def _hello(self) -> WorkerHello:
        held = [attempt.lease for attempt in self._attempts.values() if not attempt.dropped]
        return self._profile.hello(self.id, self._pool.slots, held)

    def _assigned(self, assignment: Assignment) -> None:
        lease = LeaseId.of(assignment.lease)
        if lease in self._attempts:
            return
        attempt = self._attempts[lease] = Attempt(assignment, self._tools)
        self._all_settled.clear()
        attempt.start()
        if self._draining:
            attempt.stop(Stop.RELEASE)

    def _acknowledged(self, acknowledgement: LeaseAcknowledgement) -> None:
        lease = LeaseId.of(acknowledgement.lease)
        attempt = self._attempts.get(lease)
        if attempt is None:
            return
        lost = acknowledgement.standing == LeaseStanding.LEASE_STANDING_LEASE_LOST
        if attempt.outcome is None:
            if lost:
                self._stop_attempt(lease, Stop.DROP)
        elif acknowledgement.final:
            # Only the answer to the outcome itself decides over it: an answer to an older heartbeat may say
            # that the lease is gone because the outcome has just ended it.
            self._forget(lease, delete=lost)

    def _stop_attempt(self, lease: LeaseId, why: Stop) -> None:
        attempt = self._attempts.get(lease)
        if attempt is not None:
            if why is Stop.DROP and attempt.outcome is None:
                log.warning("lease lost", task=lease.task, attempt=lease.attempt)
            attempt.stop(why)

    def _ended(self, attempt: Attempt) -> None:
        self._on_outcome(attempt)
        if attempt.dropped:
            self._forget(LeaseId.of(attempt.lease), delete=True)
            if self._session is not None:
                self._session.beat_soon()
        elif self._busy_otherwise() != self._told_busy:
            self.beat()  # first, so that `tasks` does not take the slot for free; sends the outcome too
        else:
            self._send_outcome(attempt)

    def _forget(self, lease: LeaseId, *, delete: bool) -> None:
        attempt = self._attempts.pop(lease)
        if delete:
            deletion = asyncio.create_task(attempt.delete_files())
            self._deletions.add(deletion)
            deletion.add_done_callback(self._deletions.discard)
        if not self._attempts:
            self._all_settled.set()

    def _progressed(self, attempt: Attempt, progress: TaskProgress) -> None:
        self._send(WorkRequest(progress=WorkerProgress(lease=attempt.lease, progress=progress)))

    def _send_outcome(self, attempt: Attempt) -> None:
        if attempt.outcome is not None and self._session is not None:
            attempt.sent_at = asyncio.get_running_loop().time()
            self._send(WorkRequest(outcome=attempt.outcome))

    def _slots_changed(self) -> None:
        """`tasks` counts the slots that its leases take by itself; it has to be told of all others."""
        if self._busy_otherwise() != self._told_busy and self._session is not None:
            self._session.beat_soon()

    def _busy_otherwise(self) -> int:
        """Slots taken by direct calls, or whose model is not loaded."""
        return max(0, self._pool.slots - self._pool.free - len(self._open()))

    def _open(self) -> Sequence[Attempt]:
        return [attempt for attempt in self._attempts.values() if attempt.outcome is None]

    def _send(self, request: WorkRequest) -> None:
        if self._session is not None:
            self._session.send(request)


def _end_process_if_broken(loop: asyncio.Task[None]) -> None:
    """A worker without its loop is of no use: the process drains, and its supervisor starts another."""
    if not loop.cancelled() and (error := loop.exception()) is not None:
        log.error("worker broke", exc_info=error)
        os.kill(os.getpid(), signal.SIGTERM)
