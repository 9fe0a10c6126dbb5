"""Turns the store's records into messages and back."""

from datetime import datetime

from google.protobuf import any_pb2, timestamp_pb2
from google.protobuf.json_format import Parse

from radmesh import names
from radmesh.blobs.v1 import image_pb2
from radmesh.tasks.v1 import callback_pb2, task_pb2, worker_service_pb2
from services.tasks.lifecycle import State
from services.tasks.pace import NOTHING_KNOWN, Outlook
from services.tasks.records import EventRecord, Grant, ImageRecord, LeaseKey, TaskRecord
from services.tasks.review_messages import add_accepted_stage, add_reviews
from services.tasks.timeouts import timeouts_message
from services.tasks.webhooks.records import CallbackRecord


def task_message(
    record: TaskRecord, *, listed: bool = False, outlook: Outlook = NOTHING_KNOWN
) -> task_pb2.Task:
    """A task as clients see it. listed: without outcome and artifacts."""
    task = task_pb2.Task(
        name=f"tasks/{record.task_id}",
        pipeline=f"pipelines/{record.pipeline}",
        images=[f"images/{image}" for image in record.images],
        labels=record.labels,
        owner=record.owner,
        state=task_pb2.TaskState.Name(record.state),
        attempt=record.attempt,
        sequence=record.sequence,
        queue_position=record.queue_position,
        weights=record.weights,
        weights_digest=record.weights_digest,
        priority=task_pb2.TaskPriority.Name(record.priority),
        stage=record.stage,
        timeouts=timeouts_message(record.timeouts),
        batch=f"batches/{record.batch}" if record.batch else "",
    )
    if record.parameters_json != "{}":
        Parse(record.parameters_json, task.parameters)
    else:
        # No parameters are a Struct all the same, not an unset field.
        task.parameters.SetInParent()
    _set_times(task, record)
    if record.progress:
        task.progress.MergeFromString(record.progress)
    if outlook.eta is not None:
        task.eta.FromMilliseconds(round(outlook.eta * 1000))
    if outlook.pause is not None:
        task.pipeline_paused, task.pause_reason = True, outlook.pause
    if listed:
        return task
    if record.callback:
        task.callback.CopyFrom(callback_message(record.callback))
    for artifact in record.artifacts:
        task.artifacts.add().MergeFromString(artifact)
    if record.reviews:
        add_reviews(task, record)
    if record.result:
        task.result.MergeFromString(record.result)
    elif record.error:
        task.error.MergeFromString(record.error)
    return task


def callback_message(record: CallbackRecord) -> callback_pb2.TaskCallback:
    """A task's callback as its owner sees it: the query of its address may hold a token, and is not shown."""
    return callback_pb2.TaskCallback(
        url=record.url.partition("?")[0],
        state=f"TASK_CALLBACK_STATE_{record.state.name}",
        attempts=record.attempts,
        last_status=record.last_status,
        last_reason=record.last_reason,
        next_attempt_time=_timestamp(record.next_attempt_time),
        deliver_time=_timestamp(record.deliver_time),
    )


def event_message(record: EventRecord) -> task_pb2.TaskEvent:
    """An event as watchers see it."""
    event = task_pb2.TaskEvent(
        sequence=record.sequence, event_time=_timestamp(record.time), attempt=record.attempt
    )
    if record.artifact:
        event.artifact.MergeFromString(record.artifact)
        return event
    change = task_pb2.TaskStateChange(
        state=task_pb2.TaskState.Name(record.state or State.NONE), reason=record.reason
    )
    if record.result:
        change.result.MergeFromString(record.result)
    elif record.error:
        change.error.MergeFromString(record.error)
    event.state_change.CopyFrom(change)
    return event


def progress_message(content: bytes) -> task_pb2.TaskProgress:
    """The progress in its stored form."""
    return task_pb2.TaskProgress.FromString(content)


def image_message(record: ImageRecord) -> image_pb2.Image:
    """An image as its owner sees it."""
    return image_pb2.Image(
        name=f"images/{record.sha256}",
        size_bytes=record.size_bytes,
        media_type=record.media_type,
        create_time=_timestamp(record.create_time),
        expire_time=_timestamp(record.expire_time),
    )


def lease_message(lease: LeaseKey) -> worker_service_pb2.Lease:
    """A lease as its worker sees it."""
    return worker_service_pb2.Lease(task=f"tasks/{lease.task_id}", attempt=lease.attempt, token=lease.token)


def lease_key(lease: worker_service_pb2.Lease) -> LeaseKey | None:
    """The lease that a worker names; None when it could not be one."""
    task = names.parse("tasks", lease.task)
    if task is None or lease.attempt < 1 or not lease.token:
        return None
    return LeaseKey(task[0], lease.attempt, lease.token)


def assignment_message(grant: Grant) -> worker_service_pb2.Assignment:
    """The work of a grant as its worker gets it."""
    assignment = worker_service_pb2.Assignment(
        lease=lease_message(grant.lease),
        pipeline=f"pipelines/{grant.pipeline}",
        weights=grant.weights,
        weights_digest=grant.weights_digest,
        traceparent=grant.traceparent,
        stage=grant.stage,
    )
    if grant.parameters_json != "{}":
        Parse(grant.parameters_json, assignment.parameters)
    assignment.attempt_timeout.FromMilliseconds(grant.attempt_timeout_ms)
    assignment.progress_timeout.FromMilliseconds(grant.progress_timeout_ms)
    for image in grant.images:
        assignment.images.add(
            name=f"images/{image.sha256}", size_bytes=image.size_bytes, media_type=image.media_type
        )
    if grant.stage > 1:
        add_accepted_stage(assignment, grant)
    return assignment


def packed(message: any_pb2.Any) -> bytes:
    """A result in its stored form. Never empty, not even for a message without fields."""
    return message.SerializeToString(deterministic=True)


def _set_times(task: task_pb2.Task, record: TaskRecord) -> None:
    for field in ("create_time", "start_time", "end_time", "expire_time"):
        moment = getattr(record, field)
        if moment is not None:
            getattr(task, field).FromDatetime(moment)
    if record.not_before is not None:
        task.not_before_time.FromDatetime(record.not_before)


def _timestamp(moment: datetime | None) -> timestamp_pb2.Timestamp | None:
    if moment is None:
        return None
    found = timestamp_pb2.Timestamp()
    found.FromDatetime(moment)
    return found
