"""Records, as read from what the scripts return."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from radmesh.tasks.v1 import task_pb2
from services.tasks import lifecycle
from services.tasks.lifecycle import Decision, State
from services.tasks.priority import Priority
from services.tasks.records import EventRecord, TaskRecord
from services.tasks.reviews import RefusedAnswer, Replacement, ReviewRecord
from services.tasks.store.packing import unpack
from services.tasks.timeouts import Timeouts
from services.tasks.webhooks.records import CallbackRecord, CallbackState

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_time(milliseconds: bytes | int) -> datetime:
    """The time that so many milliseconds since the epoch are; those of events have three more digits."""
    return _EPOCH + timedelta(milliseconds=float(milliseconds))


def to_milliseconds(time: datetime) -> int:
    """Milliseconds since the epoch, rounded up: nothing before a bound of a range counts as inside it."""
    return -((_EPOCH - time) // timedelta(milliseconds=1))


def task_record(flat: Sequence[bytes], queue_position: int = 0, *, deduplicated: bool = False) -> TaskRecord:
    """A task from its hash's fields and values in turn; those that a list leaves out stay empty."""
    fields = {key.decode(): value for key, value in zip(flat[::2], flat[1::2], strict=True)}
    text = {key: value.decode() for key, value in fields.items() if key not in _BYTES}
    state = State(int(text["state"]))
    return TaskRecord(
        task_id=text["task_id"],
        owner=text["owner"],
        request_id=text["request_id"],
        fingerprint=text["fingerprint"],
        pipeline=text["pipeline"],
        images=tuple(text["images"].split()),
        parameters_json=text["parameters_json"],
        labels=json.loads(text["labels"]),
        weights=text["weights"],
        weights_digest=text["weights_digest"],
        timeouts=_timeouts(text),
        max_attempts=int(text["max_attempts"]),
        traceparent=text["traceparent"],
        priority=Priority(int(text["priority"])),
        not_before=_time(fields, "not_before_ms")
        if int(text["not_before_ms"]) > int(text["create_ms"])
        else None,
        dedupe_hash=text.get("dedupe_hash", ""),
        state=state,
        attempt=int(text["attempt"]),
        sequence=int(text["sequence"]),
        create_time=_time(fields, "create_ms"),
        start_time=_time(fields, "start_ms"),
        end_time=_time(fields, "end_ms"),
        expire_time=_time(fields, "expire_ms"),
        result=fields.get("result", b""),
        error=_error(state, text["reason"], fields["error"]) if "error" in fields else b"",
        artifacts=tuple(unpack(fields.get("artifacts", b""))),
        progress=fields.get("progress", b""),
        queue_position=queue_position or int(text.get("queue_position", 0)),
        batch=text.get("batch", ""),
        attempt_start_time=_time(fields, "attempt_start_ms"),
        deduplicated=deduplicated,
        callback_url=text.get("callback_url", ""),
        callback_destination=text.get("callback_destination", ""),
        callback=callback_record(text) if "callback_url" in text else None,
        stage=int(text.get("stage", 1)),
        stage_result=fields.get("stage_result", b""),
        reviews=review_records(text["reviews"]) if "reviews" in text else (),
    )


_BYTES = frozenset({"result", "error", "artifacts", "progress", "stage_result"})


def _timeouts(text: Mapping[str, str]) -> Timeouts:
    return Timeouts(
        queue_ms=int(text["queue_timeout_ms"]),
        attempt_ms=int(text["attempt_timeout_ms"]),
        heartbeat_ms=int(text["heartbeat_timeout_ms"]),
        progress_ms=int(text["progress_timeout_ms"]),
        review_ms=int(text["review_timeout_ms"]),
    )


def _time(fields: Mapping[str, bytes], name: str) -> datetime | None:
    return to_time(fields[name]) if name in fields else None


def callback_record(text: Mapping[str, str]) -> CallbackRecord:
    """A task's callback from the fields of its hash."""
    next_ms, deliver_ms = text.get("callback_next_ms"), text.get("callback_deliver_ms")
    return CallbackRecord(
        url=text["callback_url"],
        state=CallbackState(text.get("callback_state", "WAITING")),
        attempts=int(text.get("callback_attempts", 0)),
        last_status=int(text.get("callback_status", 0)),
        last_reason=text.get("callback_reason", ""),
        next_attempt_time=to_time(int(next_ms)) if next_ms else None,
        deliver_time=to_time(int(deliver_ms)) if deliver_ms else None,
    )


def review_records(stored: str) -> tuple[ReviewRecord, ...]:
    """The reviews that `reviews.lua` keeps."""
    return tuple(
        ReviewRecord(
            stage=one["stage"],
            attempt=one["attempt"],
            sequence=one["sequence"],
            open_time=to_time(one["open_ms"]),
            expire_time=to_time(one["expire_ms"]),
            decision=Decision(one["decision"]),
            reviewer=one.get("reviewer", ""),
            decide_time=to_time(one["decide_ms"]) if "decide_ms" in one else None,
            reason=one.get("reason", ""),
            replacements=tuple(Replacement(**replaced) for replaced in one.get("replacements", ())),
            parameters_json=one.get("parameters_json", "{}"),
            refused=RefusedAnswer(**json.loads(one["refused_json"])) if "refused_json" in one else None,
        )
        for one in json.loads(stored)
    )


def event_record(packed: bytes) -> EventRecord:
    """An event from an entry of a log or of the feed."""
    sequence, time, attempt, state, reason, artifact, result, error = unpack(packed)
    reached = State(int(state)) if state else None
    return EventRecord(
        sequence=int(sequence),
        time=to_time(time),
        attempt=int(attempt),
        state=reached,
        reason=reason.decode(),
        artifact=artifact,
        result=result,
        error=_error(reached, reason.decode(), error),
    )


def _error(state: State | None, reason: str, stored: bytes) -> bytes:
    """The error of an ended task: its worker's, or the lifecycle's own where no worker gave one.

    What a timer ended carries the timer and its length only (`timers.lua`).
    """
    if state not in {State.FAILED, State.CANCELLED}:
        return stored
    error = task_pb2.TaskError.FromString(stored)
    if error.reason:
        return stored
    ending = lifecycle.ending(state, reason, error.metadata.get("timeout_seconds", ""))
    error.code, error.reason = ending.code, ending.reason
    error.message, error.retryable = ending.message, ending.retryable
    return error.SerializeToString(deterministic=True)
