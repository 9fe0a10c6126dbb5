"""What a worker says at the end of an attempt, and what is kept of it."""

import hashlib
from typing import Any

import pytest
from google.protobuf import any_pb2, struct_pb2

from radmesh.tasks.v1 import task_pb2
from radmesh.tasks.v1 import worker_service_pb2 as work
from services.tasks.outcomes import read_outcome
from services.tasks.records import LeaseKey
from services.tasks.reports import ProgressSlots, stored_progress

TASK = f"tasks/{'a' * 32}"
LEASE = work.Lease(task=TASK, attempt=1, token="t")
# Field 1000, a megabyte, as an older server sees what a newer worker says.
UNKNOWN_FIELD = b"\xc2\x3e\x80\x80\x40" + bytes(1 << 20)
KEY = LeaseKey("a" * 32, 1, "t")


def result(text: str = "done") -> any_pb2.Any:
    message, packed = struct_pb2.Struct(), any_pb2.Any()
    message.update({"text": text})
    packed.Pack(message)
    return packed


def artifact(**changes: Any) -> task_pb2.Artifact:
    fields: dict[str, Any] = {
        "name": f"{TASK}/artifacts/mask.png",
        "file_name": "mask.png",
        "size_bytes": 1,
        "sha256": hashlib.sha256(b"x").hexdigest(),
    }
    return task_pb2.Artifact(**{**fields, **changes})


def error_of(**outcome: Any) -> task_pb2.TaskError:
    return task_pb2.TaskError.FromString(read_outcome(work.WorkerOutcome(lease=LEASE, **outcome)).error)


def test_a_result_is_kept_with_its_artifacts() -> None:
    found = read_outcome(work.WorkerOutcome(lease=LEASE, result=result(), artifacts=[artifact()]))
    assert any_pb2.Any.FromString(found.result) == result()
    assert [task_pb2.Artifact.FromString(one) for one in found.artifacts] == [artifact(attempt=1)]
    assert found.file_names == ("mask.png",)
    assert (found.error, found.cancelled, found.released) == (b"", False, "")


def test_an_error_loses_the_artifacts_that_came_with_it() -> None:
    error = task_pb2.TaskError(reason="OUT_OF_MEMORY", message="x" * 5000, retryable=True)
    found = read_outcome(work.WorkerOutcome(lease=LEASE, error=error, artifacts=[artifact()]))
    kept = task_pb2.TaskError.FromString(found.error)
    assert (kept.reason, kept.retryable, len(kept.message)) == ("OUT_OF_MEMORY", True, 2000)
    assert found.artifacts == ()


def test_an_error_is_kept_within_its_limits() -> None:
    metadata = {f"{number}{'k' * 600}": "v" * 600 for number in range(100)}
    error = task_pb2.TaskError(reason="OUT_OF_MEMORY", metadata=metadata)
    error.MergeFromString(UNKNOWN_FIELD)
    kept = error_of(error=error)
    assert len(kept.metadata) == 32
    assert {(len(key), len(value)) for key, value in kept.metadata.items()} == {(500, 500)}
    assert kept.ByteSize() < 40_000


def test_cancelled_and_released_are_told_apart() -> None:
    assert read_outcome(work.WorkerOutcome(cancelled=work.AttemptCancelled())).cancelled
    released = work.AttemptReleased(reason="WORKER_DRAINING")
    assert read_outcome(work.WorkerOutcome(released=released)).released == "WORKER_DRAINING"
    assert read_outcome(work.WorkerOutcome(released=work.AttemptReleased())).released == "RELEASED"


@pytest.mark.parametrize(
    "outcome",
    [
        {},
        {"result": any_pb2.Any()},
        {"result": result(), "artifacts": [artifact(name=f"tasks/{'b' * 32}/artifacts/mask.png")]},
        {"result": result(), "artifacts": [artifact(name=f"{TASK}/artifacts/../mask.png")]},
        {"result": result(), "artifacts": [artifact(file_name="other.png")]},
        {"result": result(), "artifacts": [artifact(), artifact()]},
        {"result": result(), "artifacts": [artifact(sha256="")]},
        {"result": result(), "artifacts": [artifact(media_type="x" * 5000)]},
        {"result": result(), "artifacts": [artifact(size_bytes=-1)]},
        {"result": result(), "artifacts": [artifact()] * 1001},
    ],
)
def test_an_outcome_that_breaks_a_rule_is_a_failure(outcome: dict[str, Any]) -> None:
    error = error_of(**outcome)
    assert (error.reason, error.code, error.retryable) == ("INVALID_OUTCOME", 12001, False)
    assert error.message == read_outcome(work.WorkerOutcome(lease=LEASE, **outcome)).refused


@pytest.mark.parametrize("kind", ["result", "stage_finished"])
def test_a_result_over_the_limit_fails_with_a_reason_of_its_own_that_names_the_limit(kind: str) -> None:
    large = result("x" * (256 << 10))
    error = error_of(**{kind: large if kind == "result" else work.StageFinished(stage_result=large)})
    assert (error.reason, error.code, error.retryable) == ("RESULT_TOO_LARGE", 12001, False)
    assert error.metadata["limit_bytes"] == "262144"
    assert "262144" in error.message


def test_a_reason_that_is_none_is_replaced() -> None:
    assert error_of(error=task_pb2.TaskError(reason="no reason")).reason == "INFERENCE_FAILED"


def test_progress_waits_its_turn_and_only_the_latest_is_written() -> None:
    slots = ProgressSlots()
    assert slots.pause(0.0) is None
    slots.put(KEY, task_pb2.TaskProgress(fraction=0.1))
    assert len(slots.take(10.0)) == 1
    slots.put(KEY, task_pb2.TaskProgress(fraction=0.2))
    slots.put(KEY, task_pb2.TaskProgress(fraction=0.3))
    assert slots.take(10.1) == []
    assert slots.pause(10.1) == pytest.approx(0.1)
    ((_, written, _),) = slots.take(10.21)
    assert task_pb2.TaskProgress.FromString(written).fraction == 0.3
    slots.put(KEY, task_pb2.TaskProgress())
    slots.forget(KEY)
    assert slots.take(99.0) == []


@pytest.mark.parametrize(("said", "kept"), [(2.0, 1.0), (-1.0, 0.0), (float("nan"), 0.0), (0.5, 0.5)])
def test_progress_is_kept_within_its_limits(said: float, kept: float) -> None:
    text = "x" * 300
    progress = task_pb2.TaskProgress(attempt=9, fraction=said, message=text, stage=text, unit=text)
    progress.MergeFromString(UNKNOWN_FIELD)
    found = task_pb2.TaskProgress.FromString(stored_progress(KEY, progress))
    assert (found.attempt, found.fraction, len(found.message)) == (1, kept, 200)
    assert (len(found.stage), len(found.unit)) == (200, 200)
    assert found.HasField("update_time")
    assert found.ByteSize() < 1000


def test_a_finished_stage_is_kept_with_its_artifacts() -> None:
    finished = work.StageFinished(stage_result=result("half"))
    found = read_outcome(work.WorkerOutcome(lease=LEASE, stage_finished=finished, artifacts=[artifact()]))
    assert any_pb2.Any.FromString(found.stage_result) == result("half")
    assert (found.result, found.error, found.file_names) == (b"", b"", ("mask.png",))


def test_a_finished_stage_needs_something_for_the_next_one() -> None:
    assert error_of(stage_finished=work.StageFinished()).reason == "INVALID_OUTCOME"


def test_a_refused_answer_is_kept_within_the_limits_of_an_error() -> None:
    long = task_pb2.TaskError(reason="MASK_EMPTY", message="x" * 3000)
    found = read_outcome(work.WorkerOutcome(lease=LEASE, answer_refused=work.AnswerRefused(error=long)))
    kept = task_pb2.TaskError.FromString(found.answer_refused)
    assert (kept.reason, len(kept.message)) == ("MASK_EMPTY", 2000)
    assert not found.error
