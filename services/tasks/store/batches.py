"""Batches: many tasks created by one script, and their common log."""

from collections.abc import Sequence
from typing import Any

from radmesh.errors import BatchNotFoundError, RequestIdReusedError
from services.tasks.batch_records import (
    BatchEventRecord,
    BatchItem,
    BatchRecord,
    MemberRecord,
    NewBatch,
    RefusedItem,
)
from services.tasks.lifecycle import State
from services.tasks.records import NewTask
from services.tasks.request_errors import request_error
from services.tasks.store import keys
from services.tasks.store.part import StorePart
from services.tasks.store.reading import event_record, task_record, to_time
from services.tasks.store.tasks import check_cursor, created_record, new_arguments, refusal


class BatchPart(StorePart):
    """Batches as their owners see them."""

    async def create_batch(self, new: NewBatch) -> tuple[BatchRecord | None, list[BatchItem]]:
        """Queues the tasks of a batch, all at once; returns it, None when it has no task, and its items.

        Repeated with the same request id: the first answer with the tasks as they are now, without outcomes.
        Raises RequestIdReusedError, BatchNotFoundError (it was deleted since).
        """
        arguments: list[str | bytes | int] = []
        for item in new.items:
            given = _refused(item) if isinstance(item, RefusedItem) else new_arguments(item)
            arguments += [len(given), *given]
        outcome, *rest = await self._scripts.call(
            "create_batch",
            keys.batch(new.batch_id),
            self._now(),
            new.batch_id,
            new.owner,
            new.request_id,
            new.fingerprint,
            *arguments,
        )
        if outcome == b"REUSED":
            raise RequestIdReusedError(f"The request id {new.request_id} was used for another batch.")
        if outcome == b"DELETED":
            raise _not_found(rest[0].decode())
        batch = None if outcome == b"NONE" else _batch_record(rest[0].decode(), rest[1])
        return batch, [_item(asked, found, batch) for asked, found in zip(new.items, rest[-1], strict=True)]

    async def read_batch(
        self, batch_id: str, owner: str, after: int | None
    ) -> tuple[BatchRecord, list[BatchEventRecord]]:
        """Returns a batch and its events after a cursor, read at one instant; no events when `after` is None.

        Many events are not read at once: those after them are left out. Raises BatchNotFoundError,
        CursorCompactedError, CursorAheadError.
        """
        cursor = "" if after is None else after
        outcome, *rest = await self._scripts.call("read_batch", keys.batch(batch_id), batch_id, owner, cursor)
        if outcome == b"NOT_FOUND":
            raise _not_found(batch_id)
        check_cursor(outcome, rest)
        batch, events = rest
        return _batch_record(batch_id, batch), [
            BatchEventRecord(sequence, task_id.decode(), open_tasks, event_record(event))
            for sequence, task_id, open_tasks, event in events
        ]


def _batch_record(batch_id: str, found: Sequence[Any]) -> BatchRecord:
    owner, created, ended, sequence, members = found
    return BatchRecord(
        batch_id=batch_id,
        owner=owner.decode(),
        create_time=to_time(created),
        end_time=to_time(ended) if ended else None,
        sequence=int(sequence),
        members=tuple(
            MemberRecord(task_id.decode(), State(int(state)), progress)
            for task_id, state, progress in zip(*[iter(members)] * 3, strict=True)
        ),
    )


def _refused(item: RefusedItem) -> list[str | bytes | int]:
    return [item.error, item.request_id, item.fingerprint]


def _item(asked: NewTask | RefusedItem, found: Sequence[Any], batch: BatchRecord | None) -> BatchItem:
    outcome, detail, *more = found
    if outcome == b"REFUSED":
        return BatchItem(error=detail)
    if not more:
        error = refusal(outcome, detail.decode(), asked.request_id)
        return BatchItem(error=request_error(error).SerializeToString())
    if len(more) == 1:
        assert isinstance(asked, NewTask)
        assert batch is not None
        assert batch.create_time is not None
        return BatchItem(created_record(asked, batch.create_time, more[0], batch.batch_id))
    return BatchItem(task_record(more[1], more[0], deduplicated=outcome == b"DEDUPLICATED"))


def _not_found(batch_id: str) -> BatchNotFoundError:
    name = f"batches/{batch_id}"
    return BatchNotFoundError(f"There is no batch {name}.", metadata={"batch": name})
