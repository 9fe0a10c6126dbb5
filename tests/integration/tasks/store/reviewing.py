"""Tasks that wait for a review, and what a reviewer says."""

from collections.abc import Mapping
from typing import Any

from google.protobuf import any_pb2

from services.tasks.lifecycle import Decision
from services.tasks.records import Grant, ImageRecord, LeaseKey, TaskRecord
from services.tasks.reviews import AskedDecision
from services.tasks.store import TaskStore
from tests.support.task_records import new_task

PIPELINES = ["octa-vessels"]
MASK = "a" * 64
STAGE_RESULT = any_pb2.Any(type_url="type.googleapis.com/s1").SerializeToString()
STAGE: dict[str, Any] = {"stage_result": STAGE_RESULT, "artifacts": [b"slice"], "file_names": ["slice.png"]}
LAST: dict[str, Any] = {"result": b"r", "artifacts": [b"mask"], "file_names": ["mask.png"]}


def decision(
    record: TaskRecord,
    said: Decision = Decision.ACCEPTED,
    reason: str = "",
    replacements: Mapping[str, str] | None = None,
    sequence: int = 0,
) -> AskedDecision:
    """What a reviewer says who has seen the task's newest review."""
    seen = sequence or record.reviews[-1].sequence
    return AskedDecision(record.task_id, seen, said, reason, replacements or {})


REJECTED: dict[str, Any] = {"said": Decision.REJECTED, "reason": "not L3"}


async def acquire(store: TaskStore, session: int, operation: str = "op") -> Grant:
    grant = await store.acquire("w", session, PIPELINES, operation)
    assert grant
    return grant


async def waiting(store: TaskStore, session: int, **changes: Any) -> tuple[TaskRecord, LeaseKey]:
    """A task that waits for the review of its first stage, and the lease that has done it."""
    created, _ = await store.create(new_task(**changes))
    grant = await acquire(store, session, created.task_id)
    assert await store.finish(grant.lease, **STAGE)
    return await store.get(created.task_id, "alice"), grant.lease


async def upload(store: TaskStore, owner: str = "alice", sha256: str = MASK) -> None:
    await store.record_image(owner, ImageRecord(sha256, 5, "image/png"))
