"""The times that bound a task: decided by its request, else by its pipeline, else by the mesh."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from google.protobuf import duration_pb2

from radmesh.errors import Violation
from radmesh.tasks.v1 import pipeline_pb2, timeouts_pb2

_SECOND_MS = 1_000
_DAY_MS = 86_400_000
_MOST_MS = 365 * _DAY_MS
_FIELDS = MappingProxyType(
    {
        "queue_timeout": "queue_ms",
        "attempt_timeout": "attempt_ms",
        "heartbeat_timeout": "heartbeat_ms",
        "progress_timeout": "progress_ms",
        "review_timeout": "review_ms",
    }
)
"""Fields of the messages, each with the one of `Timeouts` that it decides."""


@dataclass(frozen=True)
class Timeouts:
    """Milliseconds: in the queue, of an attempt, since a heartbeat, without progress, of a review.

    progress_ms: 0 for no watch.
    """

    queue_ms: int = _DAY_MS
    attempt_ms: int = 3_600_000
    heartbeat_ms: int = 15_000
    progress_ms: int = 600_000
    review_ms: int = 7 * _DAY_MS


@dataclass(frozen=True)
class TimeoutPolicy:
    """What the mesh decides. beat_ms: time between the heartbeats of a worker."""

    defaults: Timeouts = field(default_factory=Timeouts)
    beat_ms: int = 3_000

    @property
    def least_heartbeat_ms(self) -> int:
        """The shortest heartbeat timeout: one beat may get lost."""
        return 2 * self.beat_ms


def task_violations(asked: timeouts_pb2.TaskTimeouts, policy: TimeoutPolicy) -> Iterator[Violation]:
    """Every rule that the timeouts of a request break."""
    for name in _given(asked):
        span, most_ms = getattr(asked, name), _most_ms(name)
        if name == "progress_timeout" and not span.ToNanoseconds():
            continue
        if not _SECOND_MS <= _ms(span) <= most_ms or span.ToNanoseconds() > most_ms * 1_000_000:
            or_none = ", or 0 for no watch" if name == "progress_timeout" else ""
            days = most_ms // _DAY_MS
            plural = "s" if days > 1 else ""
            yield Violation(f"timeouts.{name}", f"must be from 1 second to {days} day{plural}{or_none}")
        elif name == "heartbeat_timeout" and _ms(span) < policy.least_heartbeat_ms:
            yield Violation(f"timeouts.{name}", _too_few_beats(policy))


def pipeline_violations(pipeline: pipeline_pb2.Pipeline, policy: TimeoutPolicy) -> Iterator[Violation]:
    """Every rule that the timeouts in a pipeline's description break."""
    for name in _given(pipeline):
        span, most_ms = getattr(pipeline, name), _most_ms(name)
        if name == "progress_timeout" and not span.ToNanoseconds():
            continue
        if not 0 < _ms(span) <= most_ms:
            yield Violation(name, f"must be from a millisecond to {most_ms // _DAY_MS} days")
        elif name == "heartbeat_timeout" and _ms(span) < policy.least_heartbeat_ms:
            yield Violation(name, _too_few_beats(policy))


def asked_timeouts(asked: timeouts_pb2.TaskTimeouts) -> Mapping[str, int]:
    """What a request decides itself: milliseconds by field of `Timeouts`."""
    return {_FIELDS[name]: _ms(getattr(asked, name)) for name in _given(asked)}


def in_force(asked: Mapping[str, int], pipeline: pipeline_pb2.Pipeline, policy: TimeoutPolicy) -> Timeouts:
    """The times of a task, from those of its request (see `asked_timeouts`), its pipeline and the mesh."""
    chosen = {field: getattr(policy.defaults, field) for field in _FIELDS.values()}
    chosen |= {_FIELDS[name]: _ms(getattr(pipeline, name)) for name in _given(pipeline)}
    # A description is kept while nobody serves it, and the time between heartbeats may have grown meanwhile.
    chosen["heartbeat_ms"] = max(chosen["heartbeat_ms"], policy.least_heartbeat_ms)
    return Timeouts(**{**chosen, **asked})


def timeouts_message(timeouts: Timeouts) -> timeouts_pb2.TaskTimeouts:
    """Timeouts as clients see them."""
    return timeouts_pb2.TaskTimeouts(
        queue_timeout=_span(timeouts.queue_ms),
        attempt_timeout=_span(timeouts.attempt_ms),
        heartbeat_timeout=_span(timeouts.heartbeat_ms),
        progress_timeout=_span(timeouts.progress_ms),
        review_timeout=_span(timeouts.review_ms),
    )


def _given(message: timeouts_pb2.TaskTimeouts | pipeline_pb2.Pipeline) -> list[str]:
    return [name for name in _FIELDS if message.HasField(name)]


def _most_ms(name: str) -> int:
    return _DAY_MS if name == "heartbeat_timeout" else _MOST_MS


def _too_few_beats(policy: TimeoutPolicy) -> str:
    return (
        f"must be at least {policy.least_heartbeat_ms / 1000:g} s, twice the time between heartbeats: "
        "one may get lost"
    )


def _ms(span: duration_pb2.Duration) -> int:
    return int(span.ToMilliseconds())


def _span(milliseconds: int) -> duration_pb2.Duration:
    # Not FromMilliseconds, which is written in Python: every answer about a task has five of them.
    seconds, rest = divmod(milliseconds, 1000)
    return duration_pb2.Duration(seconds=seconds, nanos=rest * 1_000_000)
