"""Delivers webhooks: claims calls that are due, makes them, records what came of each.

Every replica does; none leads. One that dies leaves a claim that runs out; another then calls again.
"""

import asyncio
import random
import time
from collections.abc import Sequence
from contextlib import suppress

from google.protobuf import descriptor_pool

from radmesh import webhooks
from radmesh.errors import CallbackRefusedError, UnavailableError
from services.chassis import logs
from services.tasks.records import TaskRecord
from services.tasks.store import TaskStore
from services.tasks.webhooks import schedule
from services.tasks.webhooks.body import result_type, write_body
from services.tasks.webhooks.caller import Caller
from services.tasks.webhooks.metrics import WebhookMetrics
from services.tasks.webhooks.records import CallbackState, CallClaim, MadeCall
from services.tasks.webhooks.result_types import ResultTypes
from services.tasks.webhooks.schedule import Answer, CallFailure
from services.tasks.webhooks.urls import read_url

_LOG = logs.logger(__name__)
# Calls that one replica makes at once, to all destinations.
_CALLS = 1024
_LONGEST_PAUSE = 1.0
_SHORTEST_PAUSE = 0.01
# Larger results are written as JSON beside the event loop: that takes up to a second.
_INLINE_RESULT_BYTES = 8192


class Courier:
    """The loop of one replica. Without a secret it delivers nothing, but still gives up what is overdue."""

    def __init__(
        self,
        store: TaskStore,
        caller: Caller,
        types: ResultTypes,
        metrics: WebhookMetrics,
        *,
        secrets: Sequence[str],
        timeout_seconds: float,
        retry_seconds: float,
    ) -> None:
        """secrets: each signs every call. retry_seconds: until a second call, doubled with each more."""
        self._store = store
        self._caller = caller
        self._types = types
        self._metrics = metrics
        self._secrets = tuple(secrets)
        # As long again as the call may take, for reading the task and recording what happened.
        self._claim_seconds = 2 * timeout_seconds
        self._retry_seconds = retry_seconds
        self._due = asyncio.Event()
        self._draining = False
        self._calls: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """Says that a call may be due."""
        self._due.set()

    async def run(self) -> None:
        """Delivers for ever."""
        try:
            while True:
                self._due.clear()
                pause = await self._look()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._due.wait(), max(pause, _SHORTEST_PAUSE))
        finally:
            for call in self._calls:
                call.cancel()

    async def drain(self) -> None:
        """Claims nothing more, and waits for the calls that are on their way."""
        self._draining = True
        if self._calls:
            await asyncio.wait(self._calls)

    async def _look(self) -> float:
        """Claims what is due; returns seconds until the next look unless woken before."""
        free = _CALLS - len(self._calls) if self._secrets and not self._draining else 0
        try:
            report = await self._store.claim_webhooks(self._claim_seconds, calls=free)
        except UnavailableError:
            return _LONGEST_PAUSE
        self._metrics.show(report)
        if report.overdue:
            _LOG.warning("webhooks given up: their time is over", webhooks=report.overdue)
        for claim in report.claims:
            call = asyncio.ensure_future(self._deliver(claim))
            self._calls.add(call)
            call.add_done_callback(self._ended)
        pause = _LONGEST_PAUSE if report.next_due is None or free == 0 else report.next_due
        return min(pause, _LONGEST_PAUSE) * random.uniform(0.8, 1.0)

    def _ended(self, call: "asyncio.Task[None]") -> None:
        """Makes room for the next. One that broke is repeated when its claim has run out."""
        self._calls.discard(call)
        error = None if call.cancelled() else call.exception()
        if isinstance(error, UnavailableError):
            _LOG.warning("webhook not recorded", problem=error.message)
        elif error is not None:
            _LOG.error("webhook broke", exc_info=error)
        self.wake()

    async def _deliver(self, claim: CallClaim) -> None:
        """Makes one call and records it."""
        ends = time.monotonic() + self._claim_seconds
        record = await self._store.task_to_tell(claim.task_id)
        if record is None or record.callback is None:
            return
        answer = await self._call(record)
        attempts = record.callback.attempts + 1
        failures = claim.failures + 1 if answer.missed else 0
        made = MadeCall(
            state=schedule.next_state(answer),
            status=answer.status,
            reason=answer.failure.value if answer.failure else "",
            delay=schedule.retry_delay(answer, attempts, self._retry_seconds, random.random()),
            failures=failures,
            pause=schedule.pause(failures, self._retry_seconds, random.random()),
        )
        state = await self._settle(claim, made, ends)
        self._metrics.calls.labels(made.reason or made.state.value).inc()
        if state is CallbackState.FAILED:
            self._metrics.given_up.inc()
        log = _LOG.info if state is CallbackState.DELIVERED else _LOG.warning
        log(
            "webhook called",
            task=f"tasks/{claim.task_id}",
            destination=claim.destination,
            state=state.value if state else "CLAIM_LOST",
            attempts=attempts,
            status=made.status,
            reason=made.reason,
        )

    async def _call(self, record: TaskRecord) -> Answer:
        try:
            target = read_url(record.callback_url)
        except CallbackRefusedError:
            # Taken by a version that read addresses less strictly.
            return Answer(failure=CallFailure.ADDRESS_REFUSED)
        pool = descriptor_pool.DescriptorPool()
        if record.result:
            pool = await self._types.pool_for(record.pipeline, result_type(record.result))
        if len(record.result) > _INLINE_RESULT_BYTES:
            body = await asyncio.to_thread(write_body, record, pool)
        else:
            body = write_body(record, pool)
        headers = webhooks.headers(self._secrets, body, record.task_id)
        return await self._caller.post(target, headers, body)

    async def _settle(self, claim: CallClaim, made: MadeCall, ends: float) -> CallbackState | None:
        """Records a call. Tries while the claim is in force, as the call itself cannot be taken back."""
        while True:
            try:
                return await self._store.settle_webhook(claim, made)
            except UnavailableError:
                if time.monotonic() > ends:
                    raise
                await asyncio.sleep(random.uniform(0.1, 0.5))
