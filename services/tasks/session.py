"""One worker's stream on this replica: what goes up and down it, and when the worker takes work."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence

from radmesh.errors import InvalidRequestError, RadmeshError, UnavailableError, Violation
from radmesh.tasks.v1 import worker_service_pb2 as work
from services.chassis.outcome_limits import MAX_TOGETHER_BYTES
from services.tasks.ahead import MOST_TOGETHER, Ahead
from services.tasks.hello import check_leases
from services.tasks.inspections import Inspections
from services.tasks.lease_reports import LeaseReports
from services.tasks.records import LeaseKey, LeaseState
from services.tasks.slots import Slots
from services.tasks.store import TaskStore
from services.tasks.translate import assignment_message, lease_message

_FLUSH_SECONDS = 1.0
# Answers on their way to a worker; one that does not read them is not read either until it does.
_MOST_UNSENT = 1_000

Learn = Callable[[work.WorkerPipelines, Sequence[str]], Awaitable[None]]
"""Keeps what a worker serves now, given the ids of the pipelines of its hello."""


class WorkerSession:
    """A session that is in force until a newer one of the same worker, the worker's end, or a drain.

    Losing the store does not end it.
    """

    def __init__(
        self,
        store: TaskStore,
        hello: work.WorkerHello,
        number: int,
        pipelines: Sequence[str],
        learn: Learn,
    ) -> None:
        self.worker = hello.worker
        self.number = number
        self.pipelines = tuple(pipelines)
        self._learn = learn
        self._store = store
        self._most_together = MOST_TOGETHER if hello.reads_more else 1
        self._slots = Slots(hello.slots, ())
        self._ahead = Ahead(hello.slots)
        self._reports = LeaseReports(
            store,
            self.worker,
            number,
            slots=self._slots,
            ahead=self._ahead,
            send=self._send,
            on_change=self.want_work,
        )
        self._outgoing: asyncio.Queue[work.WorkResponse] = asyncio.Queue()
        self._wanted = asyncio.Event()
        self._acquiring = False
        self._operation = uuid.uuid4().hex
        self._acquire_unsure = False
        self._inspections = Inspections()
        self._early_cancels: set[LeaseKey] = set()
        self._draining = False
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def free_slots(self) -> int:
        """Slots that may take work now, and assignments that may wait for one."""
        return 0 if self._draining or self._ended.done() else self._slots.free(self._ahead.assignments)

    @property
    def looking(self) -> bool:
        """Whether it looks for work already."""
        return self._acquiring or self._wanted.is_set()

    def welcome(self, message: work.WorkerWelcome, leases: Iterable[tuple[LeaseKey, LeaseState]]) -> None:
        """Puts the session in force: its number, then how each lease of the hello stands."""
        self._send(work.WorkResponse(welcome=message))
        for lease, state in leases:
            if state is not LeaseState.LOST:
                self._slots.fill(lease)
            self._reports.tell_standing(lease, state)
        self.want_work()

    def want_work(self) -> None:
        """Looks for work now, if a slot is free."""
        self._wanted.set()

    def cancel(self, lease: LeaseKey) -> None:
        """Passes on that an attempt is to stop."""
        if self._slots.holds(lease):
            self._send(work.WorkResponse(cancel=work.CancelAttempt(lease=lease_message(lease))))
        elif self._acquiring:
            # The feed can be faster than the answer to the acquire.
            self._early_cancels.add(lease)

    def drop(self, lease: LeaseKey) -> None:
        """Passes on that a lease is lost."""
        if self._slots.holds(lease) and not self._reports.is_ending(lease):
            self._slots.drop(lease)
            self._send(work.WorkResponse(drop_lease=work.DropLease(lease=lease_message(lease))))

    def inspect(self, inspect_id: int) -> None:
        """Asks the worker what it really runs; its answer goes back by the feed."""
        settled = not (self._acquiring or self._acquire_unsure)
        self._send(self._inspections.ask(inspect_id, settled=settled))

    def drain(self, grace_seconds: float) -> None:
        """Takes no more work, tells the worker to connect elsewhere, and ends after a time."""
        self._draining = True
        self._send(work.WorkResponse(drain=work.DrainWorker()))
        error = UnavailableError("this replica goes down: connect again", reason="DRAINING", retry_after=0.0)
        asyncio.get_running_loop().call_later(grace_seconds, self.end, error)

    def end(self, error: RadmeshError) -> None:
        """Ends the stream with an error."""
        if not self._ended.done():
            self._ended.set_exception(error)

    async def run(
        self,
        requests: AsyncIterator[work.WorkRequest],
        write: Callable[[work.WorkResponse], Awaitable[None]],
    ) -> None:
        """Serves the stream until the worker closes it. Raises what ended it otherwise."""
        loops = [
            asyncio.ensure_future(each)
            for each in (self._read(requests), self._write(write), self._acquire(), self._reports.run())
        ]
        try:
            done, _ = await asyncio.wait({self._ended, *loops}, return_when=asyncio.FIRST_COMPLETED)
            for each in done:
                each.result()
            # The worker has closed its side in order: it still gets the answers to what it said.
            await self._reports.close()
            async with asyncio.timeout(_FLUSH_SECONDS):
                await self._outgoing.join()
        finally:
            if not self._ended.cancel() and not self._ended.cancelled():
                # Looked at, so that asyncio does not call it forgotten when something else ended the stream.
                self._ended.exception()
            await self._reports.close()
            for each in loops:
                each.cancel()
            await asyncio.gather(*loops, return_exceptions=True)

    def _send(self, message: work.WorkResponse) -> None:
        self._outgoing.put_nowait(message)

    async def _read(self, requests: AsyncIterator[work.WorkRequest]) -> None:
        async for request in requests:
            if self._outgoing.qsize() > _MOST_UNSENT:
                await self._outgoing.join()
            await self._take(request)
            for later in request.more:
                await self._take(later)
            self._reports.write_outcomes()

    async def _take(self, request: work.WorkRequest) -> None:
        kind = request.WhichOneof("message")
        if kind == "heartbeat":
            check_leases("heartbeat.leases", request.heartbeat.leases)
            self._draining = self._draining or request.heartbeat.draining
            self._reports.take_heartbeat(request.heartbeat)
        elif kind == "progress":
            self._reports.take_progress(request.progress)
        elif kind == "outcome":
            self._reports.take_outcome(request.outcome)
        elif kind == "inspection":
            await self._tell_inspection(request.inspection)
        elif kind == "pipelines":
            # Before anything that the worker says after it: an outcome may tell of a model that is new.
            await self._learn(request.pipelines, self.pipelines)
        else:
            raise InvalidRequestError([Violation("message", "`hello` comes first, and once")])

    async def _tell_inspection(self, message: work.WorkerInspection) -> None:
        check_leases("inspection.running", message.running)
        check_leases("inspection.held", message.held)
        said = self._inspections.answer(message)
        if said is not None:
            # Who asked finds the worker silent when the store is away.
            with contextlib.suppress(UnavailableError):
                await self._store.tell_inspection(message.inspect_id, self.worker, said)

    async def _write(self, write: Callable[[work.WorkResponse], Awaitable[None]]) -> None:
        later: work.WorkResponse | None = None
        while True:
            # What waits goes in one message: sending one costs more than making it.
            message, later, told, size = later or await self._outgoing.get(), None, 1, 0
            while told < self._most_together and not self._outgoing.empty():
                later = self._outgoing.get_nowait()
                size = (size or message.ByteSize()) + later.ByteSize()
                if size > MAX_TOGETHER_BYTES:
                    break
                message.more.append(later)
                later, told = None, told + 1
            await write(message)
            for _ in range(told):
                self._outgoing.task_done()

    async def _acquire(self) -> None:
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            self._acquiring = True
            try:
                while (free := self.free_slots) and await self._acquire_some(min(free, MOST_TOGETHER)):
                    pass
            finally:
                self._acquiring = False

    async def _acquire_some(self, most: int) -> bool:
        """Takes tasks for the worker, at most so many; whether there may be more."""
        try:
            grants = await self._store.acquire_several(
                self.worker, self.number, self.pipelines, self._operation, most
            )
        except UnavailableError:
            # Whether it happened is not known: the next try asks with the same operation id.
            self._acquire_unsure = True
            return False
        # What a repeat of an operation was given is no sign of what there is now.
        unsure, self._acquire_unsure = self._acquire_unsure, False
        self._operation = uuid.uuid4().hex
        early, self._early_cancels = self._early_cancels, set()
        for grant in grants:
            self._slots.fill(grant.lease)
            self._send(work.WorkResponse(assignment=assignment_message(grant)))
            if grant.lease in early:
                self.cancel(grant.lease)
        return unsure or len(grants) == most
