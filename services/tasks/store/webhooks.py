"""The outbox of webhooks: which replica makes which call, and what came of it."""

import secrets

from services.tasks.records import TaskRecord
from services.tasks.store import keys
from services.tasks.store.connection import command
from services.tasks.store.part import StorePart
from services.tasks.store.reading import task_record
from services.tasks.webhooks.records import CallbackState, CallClaim, MadeCall, OutboxReport


class WebhookPart(StorePart):
    """Claims on calls, and the record of them."""

    async def claim_webhooks(self, claim_seconds: float, *, calls: int) -> OutboxReport:
        """Claims up to so many calls that are due, and gives up those whose time is over.

        A claim keeps every other replica away from a call for `claim_seconds` or until it is settled.
        """
        token, length_ms = secrets.token_hex(16), round(claim_seconds * 1000)
        overdue, pending, oldest_ms, next_ms, *claims = await self._scripts.call(
            "claim_webhooks", keys.WEBHOOKS, self._now(), token, length_ms, calls
        )
        return OutboxReport(
            claims=tuple(
                CallClaim(task_id.decode(), destination.decode(), token, failures)
                for destination, failures, *task_ids in claims
                for task_id in task_ids
            ),
            overdue=overdue,
            pending=pending,
            oldest_seconds=oldest_ms / 1000,
            next_due=next_ms / 1000 if next_ms >= 0 else None,
        )

    async def task_to_tell(self, task_id: str) -> TaskRecord | None:
        """The ended task that a call tells of; None when it was deleted."""
        fields = await command(self._redis, "HGETALL", keys.task(task_id))
        return task_record(fields) if fields else None

    async def settle_webhook(self, claim: CallClaim, made: MadeCall) -> CallbackState | None:
        """Records a call; returns what the delivery is now, None when the claim is not in force any more."""
        found = await self._scripts.call(
            "settle_webhook",
            keys.task(claim.task_id),
            self._now(),
            claim.task_id,
            claim.token,
            made.state.value,
            made.status,
            made.reason,
            round(made.delay * 1000),
            made.failures,
            round(made.pause * 1000),
        )
        return CallbackState(found.decode()) if found else None
