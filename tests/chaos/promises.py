"""The six promises of a watch, by the names that etcd gave them, checked on what watchers saw."""

from collections.abc import Iterator, Sequence

from radmesh.tasks.v1 import task_pb2
from services.tasks.lifecycle import TERMINAL, State
from tests.chaos.history import History, Stream, Violation


def check_watches(history: History) -> Iterator[Violation]:
    """Every violation of a watch's promises."""
    for streams in [*history.watches, *history.batch_watches]:
        yield from _check_resumed(streams)
        for stream in streams:
            yield from _check_ordered_and_reliable(stream)
            yield from _check_bookmarks(stream)
    for streams in history.batch_watches:
        yield from _check_batch(streams, history)
    for streams in history.watches:
        for stream in streams:
            yield from _check_against_log(stream, history.logs.get(stream.name, []))
            yield from _check_atomic(stream, history.logs.get(stream.name, []))


def _check_ordered_and_reliable(stream: Stream) -> Iterator[Violation]:
    """Ordered, unique, reliable: numbers go up by one, from the cursor or the snapshot on."""
    last = stream.after
    for message in stream.messages:
        if message.HasField("snapshot"):
            if last is not None:
                yield Violation("resumable", stream.name, "a snapshot came in the middle or after a cursor")
            last = message.snapshot.sequence
        elif message.HasField("event"):
            number = message.event.sequence
            if last is None:
                yield Violation("ordered", stream.name, f"event {number} came before the snapshot")
            elif number <= last:
                yield Violation("unique", stream.name, f"event {number} came after {last}")
            elif number > last + 1:
                yield Violation("reliable", stream.name, f"event {number} came after {last}")
            last = number


def _check_resumed(streams: Sequence[Stream]) -> Iterator[Violation]:
    """Resumable: a stream opened where another broke goes on with the very next event."""
    last: int | None = None
    for stream in streams:
        if stream.after is not None and last is not None and stream.after != last:
            yield Violation("resumable", stream.name, f"asked from {stream.after}, had seen {last}")
        for message in stream.messages:
            if message.HasField("snapshot"):
                last = message.snapshot.sequence
            elif message.HasField("event"):
                last = message.event.sequence


def _check_bookmarks(stream: Stream) -> Iterator[Violation]:
    """Bookmarkable: a bookmark names the newest number told, and nothing up to it comes later."""
    highest, last = 0, stream.after
    for message in stream.messages:
        if message.HasField("snapshot"):
            last = message.snapshot.sequence
        elif message.HasField("bookmark"):
            highest = max(highest, message.bookmark.sequence)
            if last is not None and message.bookmark.sequence != last:
                what = f"bookmark {message.bookmark.sequence} after event {last}"
                yield Violation("bookmarkable", stream.name, what)
        elif message.HasField("event"):
            last = message.event.sequence
            if last <= highest:
                yield Violation("bookmarkable", stream.name, f"event {last} came after bookmark {highest}")


def _check_against_log(stream: Stream, log: Sequence[task_pb2.TaskEvent]) -> Iterator[Violation]:
    """Everybody saw the same: each event is the one of its number in the log."""
    for message in stream.messages:
        if message.HasField("event"):
            number = message.event.sequence
            if number > len(log):
                yield Violation("reliable", stream.name, f"event {number} is not in the log any more")
            elif message.event != log[number - 1]:
                yield Violation("unique", stream.name, f"event {number} differs from the log's")


def _check_batch(streams: Sequence[Stream], history: History) -> Iterator[Violation]:
    """Every event of every member, once, in each member's own order, and the same as in the member's log."""
    for task in history.batches[streams[0].name]:
        log = history.logs.get(task, [])
        told = [
            message.event.event
            for stream in streams
            for message in stream.messages
            if message.HasField("event") and message.event.task == task
        ]
        if [event.sequence for event in told] != [event.sequence for event in log[len(log) - len(told) :]]:
            yield Violation("reliable", task, f"its batch told {[event.sequence for event in told]}")
        elif told != log[len(log) - len(told) :]:
            yield Violation("unique", task, "its batch told an event that differs from the log's")


def _check_atomic(stream: Stream, log: Sequence[task_pb2.TaskEvent]) -> Iterator[Violation]:
    """Atomic: what one change wrote together is seen together, in snapshots too."""
    for message in stream.messages:
        if message.HasField("snapshot"):
            yield from atomic(message.snapshot.task, message.snapshot.sequence, log)


def atomic(task: task_pb2.Task, sequence: int, log: Sequence[task_pb2.TaskEvent]) -> Iterator[Violation]:
    """Whether a task as it was told is one that a reader may see: never the half of a change."""
    done = task.state == task_pb2.TASK_STATE_SUCCEEDED
    if task.HasField("result") != done:
        yield Violation("atomic", task.name, f"{_state(task.state)} with or without a result")
    if (State(task.state) in TERMINAL) != task.HasField("end_time"):
        yield Violation("atomic", task.name, f"{_state(task.state)} with or without an end")
    if 0 < sequence <= len(log):
        event = log[sequence - 1]
        if event.HasField("artifact"):
            yield Violation("atomic", task.name, f"seen at {sequence}, between an artifact and the end")
        elif event.state_change.state != task.state:
            told, written = _state(task.state), _state(event.state_change.state)
            yield Violation("atomic", task.name, f"seen as {told} at {sequence}, written as {written}")
        made = {event.artifact.name for event in log[:sequence] if event.HasField("artifact")}
        if {artifact.name for artifact in task.artifacts} != made:
            what = f"seen at {sequence} with other artifacts than {sorted(made)}"
            yield Violation("atomic", task.name, what)
    waits = task.state == task_pb2.TASK_STATE_AWAITING_REVIEW
    open_at = [review.sequence for review in task.reviews if review.HasField("expire_time")]
    if open_at != ([task.sequence] if waits else []):
        what = f"{_state(task.state)} at {task.sequence} with reviews open from {open_at}"
        yield Violation("atomic", task.name, what)


def _state(number: int) -> str:
    return State(number).name
