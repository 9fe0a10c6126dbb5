"""Turns the store's records of batches into messages."""

from collections.abc import Callable

from radmesh.tasks.v1 import task_pb2
from radmesh.tasks.v1.batch_service_pb2 import Batch, BatchCreateTasksItem, BatchEvent
from services.tasks.batch_records import BatchEventRecord, BatchItem, BatchRecord
from services.tasks.pace import Outlook
from services.tasks.records import TaskRecord
from services.tasks.translate import event_message, task_message


def batch_message(record: BatchRecord) -> Batch:
    """A batch as its owner sees it."""
    batch = Batch(name=f"batches/{record.batch_id}", owner=record.owner, sequence=record.sequence)
    batch.create_time.FromDatetime(record.create_time)
    if record.end_time is not None:
        batch.end_time.FromDatetime(record.end_time)
    for member in record.members:
        added = batch.members.add(task=f"tasks/{member.task_id}", state=task_pb2.TaskState.Name(member.state))
        if member.progress:
            added.progress.MergeFromString(member.progress)
    return batch


def batch_event_message(record: BatchEventRecord) -> BatchEvent:
    """An event as watchers of its batch see it."""
    return BatchEvent(
        sequence=record.sequence,
        task=f"tasks/{record.task_id}",
        event=event_message(record.event),
        open_tasks=record.open_tasks,
    )


def item_message(item: BatchItem, outlook: Callable[[TaskRecord], Outlook]) -> BatchCreateTasksItem:
    """What became of one request of a batch. outlook: what lies ahead of its task."""
    found = BatchCreateTasksItem()
    if item.record is not None:
        found.deduplicated = item.record.deduplicated
        found.task.CopyFrom(task_message(item.record, listed=True, outlook=outlook(item.record)))
    else:
        found.error.MergeFromString(item.error)
    return found
