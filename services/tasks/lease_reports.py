"""What one worker says of its leases: heartbeats, progress and outcomes, each written and acknowledged."""

import asyncio
from collections.abc import Callable, Sequence

from radmesh.errors import InferenceError, UnavailableError
from radmesh.tasks.v1 import worker_service_pb2 as work
from services.chassis import logs
from services.tasks.ahead import MOST_TOGETHER, Ahead
from services.tasks.outcomes import Outcome, read_outcome, refused_outcome
from services.tasks.records import LeaseKey, LeaseState
from services.tasks.reports import ProgressSlots
from services.tasks.slots import Slots
from services.tasks.store import TaskStore
from services.tasks.translate import lease_key, lease_message

_LOG = logs.logger(__name__)
_RETRY_SECONDS = 0.25
# Outcomes on their way into the store when their stream has ended; the worker repeats any that is given up.
_FAREWELL_SECONDS = 2.0


class LeaseReports:
    """The reports of one session.

    While the store is away, outcomes are tried again (they are idempotent), and the latest heartbeat and
    progress replace those that could not be told.

    send: queues an answer. on_change: called after each heartbeat and outcome, as a slot may be free.
    """

    def __init__(
        self,
        store: TaskStore,
        worker: str,
        session: int,
        *,
        slots: Slots,
        ahead: Ahead,
        send: Callable[[work.WorkResponse], None],
        on_change: Callable[[], None],
    ) -> None:
        self._store = store
        self._worker = worker
        self._session = session
        self._slots = slots
        self._ahead = ahead
        self._send = send
        self._on_change = on_change
        self._news = asyncio.Event()
        self._heartbeat: work.WorkerHeartbeat | None = None
        self._progress = ProgressSlots()
        self._said: list[tuple[LeaseKey, work.WorkerOutcome]] = []
        self._finishing: set[LeaseKey] = set()
        self._writing: asyncio.Task[None] | None = None
        self._finished: set[LeaseKey] = set()
        self._over = False

    def is_ending(self, lease: LeaseKey) -> bool:
        """Whether the worker has said how this lease's attempt ended."""
        return lease in self._finishing or lease in self._finished

    def take_heartbeat(self, message: work.WorkerHeartbeat) -> None:
        """Takes a sign of life; a newer one replaces one that is not written yet."""
        self._heartbeat = message
        self._news.set()

    def take_progress(self, message: work.WorkerProgress) -> None:
        """Takes how far an attempt is."""
        lease = lease_key(message.lease)
        if lease is None:
            self._acknowledge(message.lease, held=False, final=False)
        elif not self.is_ending(lease):
            self._progress.put(lease, message.progress)
            self._news.set()

    def take_outcome(self, message: work.WorkerOutcome) -> None:
        """Takes how an attempt ended; a repeat while the first is being written changes nothing."""
        lease = lease_key(message.lease)
        if lease is None:
            self._acknowledge(message.lease, held=False, final=True)
        elif lease not in self._finishing:
            self._progress.forget(lease)
            self._ahead.ran(_run_seconds(message))
            self._finishing.add(lease)
            self._said.append((lease, message))
            # Whatever the store says to the outcome, the slot is free.
            self._slots.clear(lease)

    def write_outcomes(self) -> None:
        """Begins to write the outcomes that were taken since the last call, all in one script.

        Those that come while others are written wait, and go together: a script costs more than an outcome.
        """
        if not self._said:
            return
        if self._writing is None:
            self._writing = asyncio.ensure_future(self._write_said())
        # The next acquire goes out with them: both share a round trip and an fsync.
        self._on_change()

    async def _write_said(self) -> None:
        try:
            while self._said:
                said, self._said = self._said[:MOST_TOGETHER], self._said[MOST_TOGETHER:]
                await self._finish(said)
        finally:
            self._writing = None

    def tell_standing(self, lease: LeaseKey, state: LeaseState) -> None:
        """Answers how a lease stands, and what follows for the worker."""
        named = lease_message(lease)
        self._acknowledge(named, held=state is not LeaseState.LOST, final=False)
        if state is LeaseState.CANCELLING:
            self._send(work.WorkResponse(cancel=work.CancelAttempt(lease=named)))
        elif state is LeaseState.LOST:
            self._slots.drop(lease)
            self._send(work.WorkResponse(drop_lease=work.DropLease(lease=named)))

    async def run(self) -> None:
        """Writes heartbeats and progress for ever. Raises AbortedError when the session is superseded."""
        loop = asyncio.get_running_loop()
        while True:
            await self._news.wait()
            self._news.clear()
            if self._heartbeat is not None:
                heartbeat, self._heartbeat = self._heartbeat, None
                await self._renew(heartbeat)
            for lease, progress, mark in self._progress.take(loop.time()):
                await self._report_progress(lease, progress, mark)
            pause = self._progress.pause(loop.time())
            if pause is not None:
                loop.call_later(pause, self._news.set)

    async def close(self) -> None:
        """What the worker has said counts, even when it is gone: only a store that is away stops it."""
        self._over = True
        self.write_outcomes()
        if self._writing is not None:
            await asyncio.wait([self._writing], timeout=_FAREWELL_SECONDS)
        if self._writing is not None:
            self._writing.cancel()

    async def _renew(self, heartbeat: work.WorkerHeartbeat) -> None:
        named = [key for key in map(lease_key, heartbeat.leases) if key is not None]
        self._slots.heard(named, heartbeat.free_slots)
        self._finished.intersection_update(named)
        try:
            standings = await self._store.heartbeat(self._worker, self._session, named)
        except UnavailableError:
            return
        for lease in named:
            if not self.is_ending(lease):
                self.tell_standing(lease, standings.get(lease, LeaseState.LOST))
        self._on_change()

    async def _report_progress(self, lease: LeaseKey, progress: bytes, mark: str) -> None:
        try:
            held = await self._store.report_progress(lease, progress, mark)
        except UnavailableError:
            return
        if not self.is_ending(lease):
            self.tell_standing(lease, LeaseState.HELD if held else LeaseState.LOST)

    async def _finish(self, said: Sequence[tuple[LeaseKey, work.WorkerOutcome]]) -> None:
        try:
            outcomes = [(lease, _read(lease, message)) for lease, message in said]
            held = await self._persist_or_fail(outcomes)
        except UnavailableError:
            return
        except Exception:  # noqa: BLE001  the leases run out: heartbeats do not name what their worker ended
            _LOG.exception("outcome not written", **_named(said[0][0]), count=len(said))
            return
        finally:
            self._finishing.difference_update(lease for lease, _ in said)
        for (lease, message), accepted in zip(said, held, strict=True):
            kind = message.WhichOneof("outcome")
            _LOG.info(
                "outcome written" if accepted else "outcome came too late", **_named(lease), outcome=kind
            )
            self._finished.add(lease)
            self._acknowledge(message.lease, held=accepted, final=True)

    async def _persist_or_fail(self, outcomes: Sequence[tuple[LeaseKey, Outcome]]) -> list[bool]:
        """Writes outcomes. In the place of one that cannot be kept: a failure that says why.

        The worker would say it again for ever, and every attempt after it the same.
        """
        try:
            return await self._persist(outcomes)
        except UnavailableError:
            raise
        except Exception:  # noqa: BLE001  whatever it is, the worker waits for an answer
            _LOG.exception("outcome refused", **_named(outcomes[0][0]), count=len(outcomes))
        if len(outcomes) > 1:
            # One of them: alone it is found, and the others are kept.
            return [held for one in outcomes for held in await self._persist_or_fail([one])]
        return await self._persist([(outcomes[0][0], refused_outcome(_not_kept()))])

    async def _persist(self, outcomes: Sequence[tuple[LeaseKey, Outcome]]) -> list[bool]:
        """Writes outcomes, again and again while the store is away and the stream is up."""
        while True:
            try:
                return await self._store.finish_several(outcomes)
            except UnavailableError:
                if self._over:
                    raise
                await asyncio.sleep(_RETRY_SECONDS)

    def _acknowledge(self, lease: work.Lease, *, held: bool, final: bool) -> None:
        standing = work.LEASE_STANDING_ACCEPTED if held else work.LEASE_STANDING_LEASE_LOST
        message = work.LeaseAcknowledgement(lease=lease, standing=standing, final=final)
        self._send(work.WorkResponse(acknowledgement=message))


def _read(lease: LeaseKey, message: work.WorkerOutcome) -> Outcome:
    """What to keep of an outcome; a failure for one that cannot be read."""
    try:
        outcome = read_outcome(message)
    except Exception:  # noqa: BLE001  whatever it is, the worker waits for an answer
        _LOG.exception("outcome refused", **_named(lease))
        return refused_outcome(_not_kept())
    if outcome.refused:
        _LOG.warning("outcome refused", **_named(lease), problem=outcome.refused)
    return outcome


def _not_kept() -> InferenceError:
    return InferenceError(
        "The outcome cannot be kept; the log of `tasks` says why.", reason="INVALID_OUTCOME"
    )


def _run_seconds(message: work.WorkerOutcome) -> float | None:
    return message.run_time.ToTimedelta().total_seconds() if message.HasField("run_time") else None


def _named(lease: LeaseKey) -> dict[str, str | int]:
    """A lease as the log names it, without its token."""
    return {"task": f"tasks/{lease.task_id}", "attempt": lease.attempt}
