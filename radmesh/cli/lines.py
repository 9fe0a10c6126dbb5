"""How a task, its progress and its result read in a line of text. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from google.protobuf import any_pb2

from radmesh.cli.rows import state_name
from radmesh.client import WatchMessage, result_dict
from radmesh.tasks.v1 import callback_pb2, task_pb2

# Longer lists, and texts such as the base64 of a type that is not known here, nobody reads on a terminal.
_MOST_FIGURES = 16
_MOST_CHARACTERS = 2000


def message_line(message: WatchMessage) -> str | None:
    """A message of a watch in words; None when it tells people nothing."""
    kind = message.WhichOneof("message")
    if kind == "snapshot":
        return task_text(message.snapshot.task)
    if kind == "progress":
        return progress_text(message.progress)
    if kind == "event" and message.event.WhichOneof("change") == "state_change":
        return change_text(message.event.state_change, message.event.attempt)
    if kind == "bookmark" and (message.bookmark.queue_position or message.bookmark.pipeline_paused):
        return waiting_text(message.bookmark)
    return None


def task_text(task: task_pb2.Task) -> str:
    """A task's state in words: `queued, place 3, about 2 min 10 s left`."""
    if task.state == task_pb2.TASK_STATE_QUEUED:
        return waiting_text(task)
    return state_text(task.state)


def state_text(state: task_pb2.TaskState) -> str:
    """A state in words: `running`, `awaiting review`."""
    return state_name(state).lower().replace("_", " ")


def waiting_text(told: task_pb2.Task | task_pb2.TaskBookmark) -> str:
    """A place in the queue in words, with the time to the end where that is known, or why it has to wait."""
    place = f"queued, place {told.queue_position}" if told.queue_position else "queued"
    if told.pipeline_paused:
        return f"{place}: {pause_text(told)}"
    if not told.HasField("eta"):
        return place
    return f"{place}, about {duration_text(told.eta.seconds + told.eta.nanos / 1e9)} left"


def pause_text(told: task_pb2.Task | task_pb2.TaskBookmark) -> str:
    """That a pipeline is paused, in words: `its pipeline is paused (new scanner)`."""
    return "its pipeline is paused" + (f" ({told.pause_reason})" if told.pause_reason else "")


def progress_text(progress: task_pb2.TaskProgress) -> str:
    """A progress in words: `inference 3/10 tiles, 30%, 2.0 s left`."""
    parts = [progress.stage]
    if progress.units_total:
        parts[0] += f" {progress.units_done}/{progress.units_total} {progress.unit}".rstrip()
    parts.append(f"{progress.fraction:.0%}")
    if progress.HasField("eta"):
        parts.append(f"{duration_text(progress.eta.seconds + progress.eta.nanos / 1e9)} left")
    return ", ".join(parts)


def change_text(change: task_pb2.TaskStateChange, attempt: int) -> str:
    """A change of state in words, with what is not ordinary about it."""
    state = state_text(change.state)
    if change.HasField("error"):
        return f"{state}: {change.error.message} ({change.error.reason})"
    if change.state == task_pb2.TASK_STATE_AWAITING_REVIEW:
        again = " again, as the answer could not be used" if change.reason == "ANSWER_REFUSED" else ""
        return f"{state}{again}: see `radmesh review`"
    if change.reason == "REVIEW_ACCEPTED":
        return f"{state} for the next stage: review accepted"
    if change.state == task_pb2.TASK_STATE_QUEUED and attempt:
        return f"{state} again: {change.reason.replace('_', ' ').lower()}"
    return f"{state}, attempt {attempt}" if attempt > 1 else state


def duration_text(seconds: float) -> str:
    """A span for people: `0.8 s`, `42 s`, `3 min 05 s`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def took(task: task_pb2.Task) -> str:
    """How long a task took from its create to its end; empty before."""
    if not task.HasField("end_time"):
        return ""
    ended, created = task.end_time, task.create_time
    return duration_text(ended.seconds - created.seconds + (ended.nanos - created.nanos) / 1e9)


def callback_text(callback: callback_pb2.TaskCallback) -> str:
    """Where the delivery of a callback stands: `https://ris/ended pending, 2 calls, HTTP_ERROR 503`."""
    state = callback_pb2.TaskCallbackState.Name(callback.state).removeprefix("TASK_CALLBACK_STATE_").lower()
    parts = [f"{callback.url} {state}"]
    if callback.attempts:
        parts.append(f"{callback.attempts} call{'s' if callback.attempts > 1 else ''}")
    if callback.last_reason:
        parts.append(f"{callback.last_reason} {callback.last_status or ''}".rstrip())
    return ", ".join(parts)


def result_lines(task: task_pb2.Task) -> Iterable[tuple[str, str]]:
    """The fields of a task's result that say anything, name and value."""
    if task.HasField("result"):
        yield from fields(task.result)


def fields(packed: any_pb2.Any) -> Iterable[tuple[str, str]]:
    """The fields of a message that say anything, name and value."""
    for name, value in result_dict(packed).items():
        if name != "@type":
            yield from _flat(name, value)


def _flat(name: str, value: Any) -> Iterable[tuple[str, str]]:
    if isinstance(value, Mapping) and "." in name and not any(map(_is_nested, value.values())):
        # Figures that belong together, in one line.
        figures = ", ".join(f"{key} {_scalar(inner)}" for key, inner in value.items() if inner != "")
        if figures:
            yield name, figures
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(f"{name}.{key}", inner)
    elif isinstance(value, list) and any(map(_is_nested, value)):
        said = [one["message"] for one in value if isinstance(one, Mapping) and "message" in one]
        yield name, "; ".join(said) if said else f"{len(value)}, see --json"
    elif isinstance(value, list) and len(value) > _MOST_FIGURES:
        yield name, f"{len(value)}, see --json"
    elif isinstance(value, list):
        if value:
            yield name, ", ".join(map(_scalar, value))
    elif value != "":
        yield name, _scalar(value)


def _is_nested(value: Any) -> bool:
    return isinstance(value, Mapping | list)


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        # Four digits, and all before the point of a larger figure.
        return f"{value:.0f}" if 1000 <= abs(value) < 1e15 else f"{value:.4g}"
    text = str(value)
    return text if len(text) <= _MOST_CHARACTERS else f"{len(text)} characters, see --json"
