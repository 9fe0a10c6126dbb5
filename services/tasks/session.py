"""One worker's stream on this replica: what goes up and down it, and when the worker takes work."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence

from radmesh.errors import AbortedError, InvalidRequestError, RadmeshError, UnavailableError, Violation
from radmesh.tasks.v1 import worker_service_pb2 as work
from services.chassis import logs
from services.tasks.outcomes import read_outcome
from services.tasks.records import LeaseKey, LeaseState
from services.tasks.reports import ProgressSlots
from services.tasks.slots import Slots
from services.tasks.store import TaskStore
from services.tasks.translate import assignment_message, lease_key, lease_message

_LOG = logs.logger(__name__)
_RETRY_SECONDS = 0.25
# Outcomes on their way into the store when their stream has ended; the worker repeats any that is given up.
_FAREWELL_SECONDS = 2.0


class WorkerSession:
    """A session that is in force until a newer one of the same worker, the worker's end, or a drain.

    Losing the store does not end it: acquires and outcomes are tried again, the latest heartbeat and progress
    replace those that could not be told.
    """

    def __init__(
        self, store: TaskStore, hello: work.WorkerHello, number: int, pipelines: Sequence[str]
    ) -> None:
        self.worker = hello.worker
        self.number = number
        self.pipelines = tuple(pipelines)
        self._acquiring = False
        self._store = store
        self._slots = Slots(hello.slots, ())
        self._outgoing: asyncio.Queue[work.WorkResponse] = asyncio.Queue()
        self._wanted = asyncio.Event()
        self._reports = asyncio.Event()
        self._heartbeat: work.WorkerHeartbeat | None = None
        self._progress = ProgressSlots()
        self._operation = uuid.uuid4().hex
        self._draining = False
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._finishing: dict[LeaseKey, asyncio.Task[None]] = {}
        self._finished: set[LeaseKey] = set()
        self._early_cancels: set[LeaseKey] = set()

    @property
    def free_slots(self) -> int:
        """Slots that may take work now."""
        return 0 if self._draining or self._ended.done() else self._slots.free

    @property
    def looking(self) -> bool:
        """Whether it looks for work already."""
        return self._acquiring or self._wanted.is_set()

    def welcome(self, message: work.WorkerWelcome, leases: Iterable[tuple[LeaseKey, LeaseState]]) -> None:
        """Puts the session in force: its number, then how each lease of the hello stands."""
        self.send(work.WorkResponse(welcome=message))
        for lease, state in leases:
            if state is not LeaseState.LOST:
                self._slots.fill(lease)
            self._tell_standing(lease, state)
        self.want_work()

    def want_work(self) -> None:
        """Looks for work now, if a slot is free."""
        self._wanted.set()

    def cancel(self, lease: LeaseKey) -> None:
        """Passes on that an attempt is to stop."""
        if self._slots.holds(lease):
            self.send(work.WorkResponse(cancel=work.CancelAttempt(lease=lease_message(lease))))
        elif self._acquiring:
            # The feed can be faster than the answer to the acquire.
            self._early_cancels.add(lease)

    def drop(self, lease: LeaseKey) -> None:
        """Passes on that a lease is lost."""
        if self._slots.holds(lease) and lease not in self._finishing:
            self._slots.drop(lease)
            self.send(work.WorkResponse(drop_lease=work.DropLease(lease=lease_message(lease))))

    def drain(self, grace_seconds: float) -> None:
        """Takes no more work, tells the worker to connect elsewhere, and ends after a time."""
        self._draining = True
        self.send(work.WorkResponse(drain=work.DrainWorker()))
        error = UnavailableError("this replica goes down: connect again", reason="DRAINING", retry_after=0.0)
        asyncio.get_running_loop().call_later(grace_seconds, self.end, error)

    def end(self, error: RadmeshError) -> None:
        """Ends the stream with an error."""
        if not self._ended.done():
            self._ended.set_exception(error)

    def send(self, message: work.WorkResponse) -> None:
        """Queues a message to the worker."""
        self._outgoing.put_nowait(message)

    async def run(
        self,
        requests: AsyncIterator[work.WorkRequest],
        write: Callable[[work.WorkResponse], Awaitable[None]],
    ) -> None:
        """Serves the stream until the worker closes it. Raises what ended it otherwise."""
        reading = asyncio.ensure_future(self._read(requests))
        others = [
            asyncio.ensure_future(each) for each in (self._write(write), self._acquire(), self._report())
        ]
        try:
            ends = {reading, self._ended, *others}
            done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            for each in done:
                each.result()
            await self._finish_outcomes()
            await asyncio.wait_for(self._outgoing.join(), _FAREWELL_SECONDS)
        finally:
            if not self._ended.cancel() and not self._ended.cancelled():
                # Looked at, so that asyncio does not call it forgotten when something else ended the stream.
                self._ended.exception()
            await self._finish_outcomes()
            for each in (reading, *others):
                each.cancel()
            await asyncio.gather(reading, *others, return_exceptions=True)

    async def _finish_outcomes(self) -> None:
        """What the worker has said counts, even when it is gone: only a store that is away stops it."""
        if self._finishing:
            await asyncio.wait(self._finishing.values(), timeout=_FAREWELL_SECONDS)
        for task in self._finishing.values():
            task.cancel()

    async def _read(self, requests: AsyncIterator[work.WorkRequest]) -> None:
        async for request in requests:
            kind = request.WhichOneof("message")
            if kind == "heartbeat":
                self._heartbeat = request.heartbeat
                self._reports.set()
            elif kind == "progress":
                self._take_progress(request.progress)
            elif kind == "outcome":
                self._take_outcome(request.outcome)
            elif kind != "inspection":
                raise InvalidRequestError([Violation("message", "`hello` comes first, and once")])

    async def _write(self, write: Callable[[work.WorkResponse], Awaitable[None]]) -> None:
        while True:
            await write(await self._outgoing.get())
            self._outgoing.task_done()

    async def _acquire(self) -> None:
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            self._acquiring = True
            try:
                while self.free_slots and await self._acquire_one():
                    pass
            finally:
                self._acquiring = False

    async def _acquire_one(self) -> bool:
        try:
            grant = await self._store.acquire(self.worker, self.number, self.pipelines, self._operation)
        except UnavailableError:
            # Whether it happened is not known: the next try asks with the same operation id.
            return False
        self._operation = uuid.uuid4().hex
        if grant is None:
            return False
        self._slots.fill(grant.lease)
        self.send(work.WorkResponse(assignment=assignment_message(grant)))
        if grant.lease in self._early_cancels:
            self.cancel(grant.lease)
        self._early_cancels.clear()
        return True

    def _take_progress(self, message: work.WorkerProgress) -> None:
        lease = lease_key(message.lease)
        if lease is None:
            self._acknowledge(message.lease, held=False, final=False)
        elif lease not in self._finishing and lease not in self._finished:
            self._progress.put(lease, message.progress)
            self._reports.set()

    def _take_outcome(self, message: work.WorkerOutcome) -> None:
        lease = lease_key(message.lease)
        if lease is None:
            self._acknowledge(message.lease, held=False, final=True)
        elif lease not in self._finishing:
            self._progress.forget(lease)
            self._finishing[lease] = asyncio.ensure_future(self._finish(lease, message))

    async def _finish(self, lease: LeaseKey, message: work.WorkerOutcome) -> None:
        outcome = read_outcome(message)
        try:
            held = await self._persist(
                lambda: self._store.finish(
                    lease,
                    result=outcome.result,
                    error=outcome.error,
                    artifacts=outcome.artifacts,
                    cancelled=outcome.cancelled,
                    released=outcome.released,
                )
            )
        except UnavailableError:
            return
        except RadmeshError as error:
            _LOG.error("outcome refused", task=lease.task_id, attempt=lease.attempt, reason=error.reason)
            return
        finally:
            self._finishing.pop(lease, None)
        self._finished.add(lease)
        self._slots.clear(lease)
        self._acknowledge(message.lease, held=held, final=True)
        self.want_work()

    async def _persist(self, write: Callable[[], Awaitable[bool]]) -> bool:
        """Repeats an idempotent write while the store is away and the stream is up."""
        while True:
            try:
                return await write()
            except UnavailableError:
                if self._ended.done():
                    raise
                await asyncio.sleep(_RETRY_SECONDS)

    async def _report(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._reports.wait()
            self._reports.clear()
            if self._heartbeat is not None:
                heartbeat, self._heartbeat = self._heartbeat, None
                await self._renew(heartbeat)
            for lease, progress in self._progress.take(loop.time()):
                await self._report_progress(lease, progress)
            pause = self._progress.pause(loop.time())
            if pause is not None:
                loop.call_later(pause, self._reports.set)

    async def _renew(self, heartbeat: work.WorkerHeartbeat) -> None:
        named = [key for key in map(lease_key, heartbeat.leases) if key is not None]
        self._slots.heard(named, heartbeat.free_slots)
        self._finished.intersection_update(named)
        self._draining = self._draining or heartbeat.draining
        try:
            standings = await self._store.heartbeat(self.worker, self.number, named)
        except UnavailableError:
            return
        for lease in named:
            if lease not in self._finishing and lease not in self._finished:
                self._tell_standing(lease, standings.get(lease, LeaseState.LOST))
        self.want_work()

    async def _report_progress(self, lease: LeaseKey, progress: bytes) -> None:
        try:
            held = await self._store.report_progress(lease, progress)
        except UnavailableError:
            return
        if lease not in self._finishing and lease not in self._finished:
            self._tell_standing(lease, LeaseState.HELD if held else LeaseState.LOST)

    def _tell_standing(self, lease: LeaseKey, state: LeaseState) -> None:
        self._acknowledge(lease_message(lease), held=state is not LeaseState.LOST, final=False)
        if state is LeaseState.CANCELLING:
            self.cancel(lease)
        elif state is LeaseState.LOST:
            self._slots.drop(lease)
            self.send(work.WorkResponse(drop_lease=work.DropLease(lease=lease_message(lease))))

    def _acknowledge(self, lease: work.Lease, *, held: bool, final: bool) -> None:
        standing = work.LEASE_STANDING_ACCEPTED if held else work.LEASE_STANDING_LEASE_LOST
        message = work.LeaseAcknowledgement(lease=lease, standing=standing, final=final)
        self.send(work.WorkResponse(acknowledgement=message))


def superseded(worker: str) -> AbortedError:
    """What ends a session when a newer one of its worker is in force."""
    return AbortedError(f"a newer session of worker {worker} is in force", reason="SESSION_SUPERSEDED")
