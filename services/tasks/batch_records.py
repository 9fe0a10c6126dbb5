"""The values of batches that go into the store and come out of it."""

from dataclasses import dataclass
from datetime import datetime

from services.tasks.lifecycle import State
from services.tasks.records import EventRecord, NewTask, TaskRecord


@dataclass(frozen=True)
class RefusedItem:
    """An item that creates no task.

    error: why, a serialized `RequestError`. request_id, fingerprint: by which an earlier call is found that
    did create one; empty when the item could not have been accepted at any time.
    """

    error: bytes
    request_id: str = ""
    fingerprint: str = ""


@dataclass(frozen=True)
class NewBatch:
    """A validated request for a batch.

    fingerprint: hash of the request, compared when `request_id` comes again.
    items: in the order of the request.
    """

    batch_id: str
    owner: str
    request_id: str
    fingerprint: str
    items: tuple[NewTask | RefusedItem, ...]


@dataclass(frozen=True)
class BatchItem:
    """What became of an item: the task, or a serialized `RequestError`."""

    record: TaskRecord | None = None
    error: bytes = b""


@dataclass(frozen=True)
class MemberRecord:
    """A task of a batch. progress: serialized `TaskProgress`, empty when there is none."""

    task_id: str
    state: State
    progress: bytes = b""


@dataclass(frozen=True)
class BatchRecord:
    """A batch as it is. end_time: when its last task ended."""

    batch_id: str
    owner: str
    create_time: datetime
    end_time: datetime | None
    sequence: int
    members: tuple[MemberRecord, ...]


@dataclass(frozen=True)
class BatchEventRecord:
    """One change of a task, by its number in the batch. open_tasks: those that had not ended after it."""

    sequence: int
    task_id: str
    open_tasks: int
    event: EventRecord
