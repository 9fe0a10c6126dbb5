"""The times that bound a task: each rule, and who decides."""

import pytest
from google.protobuf import duration_pb2

from radmesh.tasks.v1 import pipeline_pb2, timeouts_pb2
from services.tasks.timeouts import (
    TimeoutPolicy,
    Timeouts,
    asked_timeouts,
    in_force,
    pipeline_violations,
    task_violations,
    timeouts_message,
)

FIELDS = [field.name for field in timeouts_pb2.TaskTimeouts.DESCRIPTOR.fields]
DAY = 86_400
POLICY = TimeoutPolicy(Timeouts(1_000, 2_000, 6_000, 4_000, 5_000), beat_ms=3_000)


def asked(**seconds: float) -> timeouts_pb2.TaskTimeouts:
    found = timeouts_pb2.TaskTimeouts()
    for name, value in seconds.items():
        getattr(found, name).FromNanoseconds(round(value * 1e9))
    return found


def described(**seconds: float) -> pipeline_pb2.Pipeline:
    found = pipeline_pb2.Pipeline()
    for name, value in seconds.items():
        getattr(found, name).FromNanoseconds(round(value * 1e9))
    return found


@pytest.mark.parametrize("field", FIELDS)
def test_a_task_may_set_each_within_its_limits(field: str) -> None:
    most = DAY if field == "heartbeat_timeout" else 365 * DAY
    least = 6 if field == "heartbeat_timeout" else 1
    for seconds in (least, most):
        assert list(task_violations(asked(**{field: seconds}), POLICY)) == []
    values: tuple[float, ...] = (-1, -1e-9, 0.9, most + 0.001)
    for refused in values:
        (problem,) = task_violations(asked(**{field: refused}), POLICY)
        assert problem.field == f"timeouts.{field}"


@pytest.mark.parametrize("field", FIELDS)
def test_only_the_watch_on_progress_can_be_switched_off(field: str) -> None:
    nothing = duration_pb2.Duration()
    message, pipeline = timeouts_pb2.TaskTimeouts(), pipeline_pb2.Pipeline()
    getattr(message, field).CopyFrom(nothing)
    getattr(pipeline, field).CopyFrom(nothing)
    refused = [problem.field for problem in task_violations(message, POLICY)]
    assert refused == ([] if field == "progress_timeout" else [f"timeouts.{field}"])
    refused = [problem.field for problem in pipeline_violations(pipeline, POLICY)]
    assert refused == ([] if field == "progress_timeout" else [field])


def test_a_lease_outlives_the_loss_of_one_heartbeat_and_the_violation_says_so() -> None:
    for problems in (
        task_violations(asked(heartbeat_timeout=5.999), POLICY),
        pipeline_violations(described(heartbeat_timeout=5.999), POLICY),
    ):
        (problem,) = problems
        assert "6 s, twice the time between heartbeats" in problem.description


def test_all_violations_come_at_once() -> None:
    problems = task_violations(asked(**dict.fromkeys(FIELDS, 0.5)), POLICY)
    assert {problem.field for problem in problems} == {f"timeouts.{field}" for field in FIELDS}


@pytest.mark.parametrize("seconds", [2**62, -(2**62)])
def test_a_span_beyond_all_time_is_refused_and_not_an_error(seconds: int) -> None:
    for field in FIELDS:
        span = duration_pb2.Duration(seconds=seconds, nanos=-(2**31))
        message, pipeline = timeouts_pb2.TaskTimeouts(), pipeline_pb2.Pipeline()
        getattr(message, field).CopyFrom(span)
        getattr(pipeline, field).CopyFrom(span)
        assert list(task_violations(message, POLICY))
        assert list(pipeline_violations(pipeline, POLICY))


def test_the_task_decides_then_its_pipeline_then_the_mesh() -> None:
    pipeline = described(queue_timeout=10, attempt_timeout=20, progress_timeout=0)
    own = asked_timeouts(asked(queue_timeout=100, review_timeout=500))
    found = in_force(own, pipeline, POLICY)
    assert found == Timeouts(
        queue_ms=100_000, attempt_ms=20_000, heartbeat_ms=6_000, progress_ms=0, review_ms=500_000
    )
    assert in_force({}, pipeline_pb2.Pipeline(), POLICY) == POLICY.defaults


def test_a_task_may_watch_progress_where_its_pipeline_does_not() -> None:
    pipeline = described(progress_timeout=0)
    assert in_force(asked_timeouts(asked(progress_timeout=30)), pipeline, POLICY).progress_ms == 30_000
    watched = described(progress_timeout=30)
    assert in_force(asked_timeouts(asked(progress_timeout=0)), watched, POLICY).progress_ms == 0


def test_a_pipeline_described_before_the_heartbeats_became_rarer_still_outlives_one() -> None:
    rarer = TimeoutPolicy(POLICY.defaults, beat_ms=10_000)
    assert in_force({}, described(heartbeat_timeout=7), rarer).heartbeat_ms == 20_000


def test_timeouts_are_shown_to_the_millisecond() -> None:
    shown = timeouts_message(Timeouts(1, 1_500, 86_400_000, 0, 365 * 86_400_000))
    spans = [getattr(shown, field).ToMilliseconds() for field in FIELDS]
    assert spans == [1, 1_500, 86_400_000, 0, 365 * 86_400_000]
    assert all(shown.HasField(field) for field in FIELDS)
