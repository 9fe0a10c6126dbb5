"""The values that go into the store and come out of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from services.tasks.lifecycle import State
from services.tasks.priority import Priority
from services.tasks.reviews import ReviewRecord
from services.tasks.stuck import Attempts
from services.tasks.timeouts import Timeouts
from services.tasks.webhooks.records import CallbackRecord


@dataclass(frozen=True)
class NewTask:
    """A validated request for a task.

    fingerprint: hash of the validated request, compared when `request_id` comes again.
    images: SHA-256 of each, hexadecimal, in the order of the request.
    parameters_json: all parameters, defaults filled in, as one JSON object.
    not_before: it becomes ready then, at once when None or past.
    dedupe_hash: keyed hash of owner, pipeline and dedupe key; empty when it has no such key.
    callback_url: called at the end, empty for none. callback_destination: its scheme, host and port.
    """

    task_id: str
    owner: str
    request_id: str
    fingerprint: str
    pipeline: str
    images: tuple[str, ...]
    parameters_json: str
    labels: Mapping[str, str]
    weights: str
    weights_digest: str
    timeouts: Timeouts
    max_attempts: int
    traceparent: str = ""
    priority: Priority = Priority.ROUTINE
    not_before: datetime | None = None
    dedupe_hash: str = ""
    callback_url: str = ""
    callback_destination: str = ""


@dataclass(frozen=True)
class TaskRecord(NewTask):
    """A task as it is.

    result, error, progress and each of artifacts are serialized messages (`google.protobuf.Any`, `TaskError`,
    `TaskProgress`, `Artifact`), empty when there is none; in lists they are always empty.
    queue_position: from 1 while ready in the queue, 0 otherwise. batch: the id of its batch, if it has one.
    attempt_start_time: when the running attempt, or the last one, was leased.
    deduplicated: set by a create that found this task active under the same dedupe key.
    stage: the one that is queued, runs or is reviewed, from 1. stage_result: what the stage before left for
    it, a serialized `google.protobuf.Any`. reviews: in order, only the last one can be open.
    """

    state: State = State.QUEUED
    attempt: int = 0
    sequence: int = 0
    create_time: datetime | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    expire_time: datetime | None = None
    result: bytes = b""
    error: bytes = b""
    artifacts: tuple[bytes, ...] = ()
    progress: bytes = b""
    queue_position: int = 0
    batch: str = ""
    attempt_start_time: datetime | None = None
    deduplicated: bool = False
    callback: CallbackRecord | None = None
    stage: int = 1
    stage_result: bytes = b""
    reviews: tuple[ReviewRecord, ...] = ()


@dataclass(frozen=True)
class EventRecord:
    """One change of a task: a new state, or an artifact (then `state` is None and `artifact` is set).

    artifact, result, error: serialized `Artifact`, `google.protobuf.Any`, `TaskError`; empty for none.
    """

    sequence: int
    time: datetime
    attempt: int
    state: State | None
    reason: str
    artifact: bytes = b""
    result: bytes = b""
    error: bytes = b""


@dataclass(frozen=True)
class BatchPlace:
    """Where an event stands in its batch, and how many of the batch's tasks had not ended after it."""

    sequence: int
    open_tasks: int


@dataclass(frozen=True)
class LeaseKey:
    """A worker's right to one attempt, and its proof."""

    task_id: str
    attempt: int
    token: str


class LeaseState(Enum):
    """What the store says to a lease that a worker names."""

    HELD = "held"
    CANCELLING = "cancelling"
    LOST = "lost"


@dataclass(frozen=True)
class ImageRecord:
    """An image that an owner may use until `expire_time`, and longer while one of its tasks needs it."""

    sha256: str
    size_bytes: int
    media_type: str
    create_time: datetime | None = None
    expire_time: datetime | None = None


@dataclass(frozen=True)
class Grant:
    """Work for a worker: the lease, what the worker needs to know of the task, and its images in order.

    stage_result, artifacts, reviews: what the stages before have left, as in TaskRecord; empty in the first.
    """

    lease: LeaseKey
    pipeline: str
    images: tuple[ImageRecord, ...]
    parameters_json: str
    weights: str
    weights_digest: str
    traceparent: str
    attempt_timeout_ms: int
    progress_timeout_ms: int
    stage: int = 1
    stage_result: bytes = b""
    artifacts: tuple[bytes, ...] = ()
    reviews: tuple[ReviewRecord, ...] = ()


@dataclass(frozen=True)
class TaskFilter:
    """Which tasks to list: equalities, and a range of create time from (included) to before (excluded)."""

    state: State | None = None
    pipeline: str | None = None
    owner: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    create_from: datetime | None = None
    create_before: datetime | None = None


@dataclass(frozen=True)
class AuditRecord:
    """One admin call. tasks: ids of the tasks that it changed. outcome: OK, a reason, or UNFINISHED."""

    number: int
    create_time: datetime
    principal: str
    method: str
    request: str
    outcome: str
    tasks: tuple[str, ...] = ()


class Recovered(Enum):
    """What became of a task that was to be put back. CHANGED: it is not as it was found."""

    RESET = "RESET"
    CHANGED = "CHANGED"
    GONE = "GONE"


class FeedKind(Enum):
    """What an entry of the feed tells."""

    GAP = "gap"
    EVENT = "event"
    PROGRESS = "progress"
    WAKE = "wake"
    CANCEL = "cancel"
    DROP = "drop"
    INSPECT = "inspect"
    INSPECTION = "inspection"
    WEBHOOK = "webhook"


@dataclass(frozen=True)
class FeedEntry:
    """One entry of the feed; which fields are set depends on its kind.

    GAP: entries may have been missed before this one, of task_id only where it is set. EVENT: task_id, event.
    PROGRESS: task_id, progress. WAKE: pipeline, of which so many tasks became ready, none when many may
    be. WEBHOOK: nothing; one is due. CANCEL, DROP: worker and its lease, to be stopped or forgotten.
    batch: the first three may tell of a task of this batch; place: where the event stands in it. INSPECT: the
    worker is asked what it runs; INSPECTION: what it said.
    """

    kind: FeedKind
    task_id: str = ""
    event: EventRecord | None = None
    progress: bytes = b""
    pipeline: str = ""
    tasks: int = 1
    worker: str = ""
    inspect_id: int = 0
    said: Attempts | None = None
    lease: LeaseKey | None = None
    batch: str = ""
    place: BatchPlace | None = None


@dataclass(frozen=True)
class PipelineRecord:
    """A pipeline as its last worker described it, with the digest of its descriptor set.

    descriptor: serialized `Pipeline`. connected_workers: workers heard of lately.
    pause: why it is paused, empty where nobody said; None when it is not.
    """

    pipeline: str
    descriptor: bytes
    descriptor_set_sha256: str
    connected_workers: int = 0
    pause: str | None = None


@dataclass(frozen=True)
class WorkerRecord:
    """A worker as the store has it. known: whether its record is kept. tasks: ids of those that it holds."""

    worker: str
    known: bool
    pipelines: tuple[str, ...]
    connected: bool
    paused: bool
    slots: int
    version: str
    heartbeat_time: datetime | None
    tasks: tuple[str, ...]


@dataclass(frozen=True)
class TickReport:
    """What one tick did.

    ready: delayed tasks that became ready. expired: leases that ran out. timed_out: attempts and waits that
    took too long. deleted: tasks past their retention. renewed: leases renewed as the store had been away.
    next_due: seconds until something else is due, None when nothing is planned.
    """

    ready: int
    expired: int
    timed_out: int
    deleted: int
    renewed: int
    next_due: float | None
