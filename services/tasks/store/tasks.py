"""Tasks as their owners see them: created, read, listed, cancelled."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from radmesh.errors import (
    CursorAheadError,
    CursorCompactedError,
    InvalidRequestError,
    RadmeshError,
    RequestIdReusedError,
    TaskNotFoundError,
    Violation,
)
from services.tasks.records import EventRecord, NewTask, TaskFilter, TaskRecord
from services.tasks.store import keys
from services.tasks.store.connection import command
from services.tasks.store.images import image_not_found
from services.tasks.store.part import StorePart
from services.tasks.store.reading import (
    callback_record,
    event_record,
    task_record,
    to_milliseconds,
    to_time,
)

_FIELDS = [field.name for field in fields(NewTask)]


class TaskPart(StorePart):
    """Tasks as their owners see them."""

    async def create(self, new: NewTask) -> tuple[TaskRecord, bool]:
        """Queues a task; returns it, and whether it was created now.

        It was not when the request id was known, or when a task with the same dedupe key is active, which is
        returned then with `deduplicated` set.

        Raises RequestIdReusedError, ImageNotFoundError, TaskNotFoundError (its task was deleted since).
        """
        outcome, *rest = await self._scripts.call(
            "create", keys.task(new.task_id), self._now(), *new_arguments(new)
        )
        if outcome == b"CREATED":
            create_ms, queue_position = rest
            return created_record(new, to_time(create_ms), queue_position), True
        return _found(outcome, rest, new.request_id), False

    async def find_created(self, owner: str, request_id: str, fingerprint: str) -> TaskRecord | None:
        """The task that a create with this request id returned, as it is now; None when there was no such.

        Raises RequestIdReusedError, TaskNotFoundError (its task was deleted since).
        """
        outcome, *rest = await self._scripts.call(
            "find_created", keys.request(owner, request_id), fingerprint
        )
        return None if outcome == b"NONE" else _found(outcome, rest, request_id)

    async def knows_request(self, owner: str, request_id: str) -> bool:
        """Whether a create with this request id returned a task."""
        return bool(await command(self._redis, "EXISTS", keys.request(owner, request_id)))

    async def get(self, task_id: str, owner: str, *, reviewer: bool = False) -> TaskRecord:
        """Returns a task; see `read_log`. Raises TaskNotFoundError."""
        record, _ = await self.read_log(task_id, owner, None, reviewer=reviewer)
        return record

    async def read_log(
        self, task_id: str, owner: str, after: int | None, *, reviewer: bool = False
    ) -> tuple[TaskRecord, list[EventRecord]]:
        """Returns a task and its events after a cursor, read at one instant; no events when `after` is None.

        reviewer: whether to return another owner's too, once a stage of it was shown for review.
        Raises TaskNotFoundError, CursorCompactedError, CursorAheadError.
        """
        cursor = "" if after is None else after
        outcome, *rest = await self._scripts.call(
            "read", keys.task(task_id), task_id, owner, cursor, int(reviewer)
        )
        if outcome == b"NOT_FOUND":
            raise task_not_found(task_id)
        check_cursor(outcome, rest)
        fields, position, events = rest
        return task_record(fields, position), [event_record(event) for event in events]

    async def list_tasks(
        self, owner: str | None, task_filter: TaskFilter, page_size: int, page_token: str
    ) -> tuple[list[TaskRecord], str]:
        """Returns a page of an owner's tasks by create time, and the next page's token, empty on the last.

        owner: None for every owner's, but only those that await a review. A page may be short, even empty,
        though more follow. Raises InvalidRequestError when the token cannot be read.
        """
        create_from, create_before = task_filter.create_from, task_filter.create_before
        page, cursor_ms, cursor_id = await self._scripts.call(
            "list",
            keys.UNDECIDED if owner is None else keys.owner_index(owner),
            owner or "",
            page_size,
            *_read_token(page_token),
            to_milliseconds(create_from) if create_from else "",
            to_milliseconds(create_before) if create_before else "",
            int(task_filter.state) if task_filter.state is not None else "",
            task_filter.pipeline or "",
            *(part for label in task_filter.labels.items() for part in label),
        )
        token = base64.urlsafe_b64encode(cursor_ms + b" " + cursor_id).decode() if cursor_id else ""
        return [task_record(fields) for fields in page], token

    async def cancel(self, task_id: str, owner: str) -> TaskRecord:
        """Asks for the end of a task; an ended one is returned as it is. Raises TaskNotFoundError."""
        outcome, *rest = await self._scripts.call("cancel", keys.task(task_id), self._now(), task_id, owner)
        if outcome == b"NOT_FOUND":
            raise task_not_found(task_id)
        return task_record(*rest)


def new_arguments(new: NewTask) -> list[str | int]:
    """What scripts take of a new task: its id, labels and images, then fields stored as they come."""
    fields: dict[str, str | int] = {
        "task_id": new.task_id,
        "owner": new.owner,
        "request_id": new.request_id,
        "fingerprint": new.fingerprint,
        "pipeline": new.pipeline,
        "parameters_json": new.parameters_json,
        "weights": new.weights,
        "weights_digest": new.weights_digest,
        "queue_timeout_ms": new.timeouts.queue_ms,
        "attempt_timeout_ms": new.timeouts.attempt_ms,
        "heartbeat_timeout_ms": new.timeouts.heartbeat_ms,
        "progress_timeout_ms": new.timeouts.progress_ms,
        "review_timeout_ms": new.timeouts.review_ms,
        "max_attempts": new.max_attempts,
        "traceparent": new.traceparent,
        "priority": int(new.priority),
        "not_before_ms": to_milliseconds(new.not_before) if new.not_before else 0,
        "dedupe_hash": new.dedupe_hash,
    }
    if new.callback_url:
        fields["callback_url"] = new.callback_url
        fields["callback_destination"] = new.callback_destination
    head: list[str | int] = [new.task_id, json.dumps(dict(new.labels)), " ".join(new.images)]
    return head + [part for field in fields.items() for part in field]


def created_record(new: NewTask, create_time: datetime, queue_position: int, batch: str = "") -> TaskRecord:
    """A task that a script has created just now: nothing of it has to be read back."""
    not_before = to_time(to_milliseconds(new.not_before)) if new.not_before else None
    return TaskRecord(
        **{
            **{name: getattr(new, name) for name in _FIELDS},
            "not_before": not_before if not_before and not_before > create_time else None,
        },
        sequence=1,
        create_time=create_time,
        queue_position=queue_position,
        batch=batch,
        callback=callback_record({"callback_url": new.callback_url}) if new.callback_url else None,
    )


def _found(outcome: bytes, rest: Sequence[Any], request_id: str) -> TaskRecord:
    if outcome not in {b"KNOWN", b"DEDUPLICATED"}:
        raise refusal(outcome, rest[0].decode() if rest else "", request_id)
    return task_record(*rest, deduplicated=outcome == b"DEDUPLICATED")


def refusal(outcome: bytes, detail: str, request_id: str) -> RadmeshError:
    """Why a script has created no task."""
    if outcome == b"REUSED":
        return RequestIdReusedError(f"The request id {request_id} was used for another request.")
    if outcome == b"NO_IMAGE":
        return image_not_found(detail)
    return task_not_found(detail)


def check_cursor(outcome: bytes, rest: Sequence[int]) -> None:
    """Raises CursorCompactedError or CursorAheadError when a script says so."""
    if outcome == b"COMPACTED":
        raise CursorCompactedError(
            f"Events up to {rest[0]} are no longer kept. Start again without a cursor.",
            metadata={"oldest_sequence": str(rest[0])},
        )
    if outcome == b"AHEAD":
        raise CursorAheadError(
            f"The newest event is {rest[0]}. Start again without a cursor.",
            metadata={"newest_sequence": str(rest[0])},
        )


def task_not_found(task_id: str) -> TaskNotFoundError:
    """The error of a task that there is not, or that a caller may not see."""
    return TaskNotFoundError(f"There is no task tasks/{task_id}.", metadata={"task": f"tasks/{task_id}"})


def _read_token(token: str) -> tuple[str, str]:
    """The create time in milliseconds and the task at which a page ended; empty for the first page."""
    if not token:
        return "", ""
    try:
        milliseconds, task_id = base64.b64decode(token, altchars=b"-_", validate=True).decode().split()
        return str(int(milliseconds)), task_id
    except (binascii.Error, ValueError) as error:
        raise InvalidRequestError(
            [Violation("page_token", "must be the next_page_token of the page before")]
        ) from error
