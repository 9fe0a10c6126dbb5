"""What a worker does not even send: `tasks` would refuse it, or never get it."""

import pytest
from google.protobuf import any_pb2

from radmesh.errors import InferenceError
from radmesh.tasks.v1 import task_pb2
from services.chassis.outcome_limits import (
    MAX_ARTIFACTS,
    MAX_RESULT_BYTES,
    bounded_error,
    check_artifacts,
    check_result,
)


def result(size: int) -> any_pb2.Any:
    """A result whose message has this size in all."""
    found = any_pb2.Any(type_url="x/y", value=bytes(size))
    found.value = bytes(size - (found.ByteSize() - size))
    assert found.ByteSize() == size
    return found


def test_a_result_may_have_256_kib_and_not_a_byte_more() -> None:
    check_result(result(MAX_RESULT_BYTES))
    with pytest.raises(InferenceError) as refused:
        check_result(result(MAX_RESULT_BYTES + 1))
    assert refused.value.reason == "RESULT_TOO_LARGE"
    assert refused.value.metadata == {"size_bytes": "262145", "limit_bytes": "262144"}


@pytest.mark.parametrize(
    "artifacts",
    [
        [task_pb2.Artifact(file_name="mask.png")] * (MAX_ARTIFACTS + 1),
        [task_pb2.Artifact(media_type="x" * 5000)] * 500,
    ],
)
def test_artifacts_that_one_message_cannot_describe_are_refused(artifacts: list[task_pb2.Artifact]) -> None:
    check_artifacts(artifacts[:400])
    with pytest.raises(InferenceError) as refused:
        check_artifacts(artifacts)
    assert refused.value.reason == "INVALID_OUTCOME"


def test_an_error_of_any_length_fits_into_a_message() -> None:
    metadata = {f"{number}{'k' * 9000}": "v" * 9000 for number in range(500)}
    endless = task_pb2.TaskError(
        reason="X" * 9000, message="m" * (5 << 20), metadata=metadata, retryable=True
    )
    kept = bounded_error(endless)
    assert (kept.reason, len(kept.message), len(kept.metadata)) == ("INFERENCE_FAILED", 2000, 32)
    assert kept.retryable
    assert kept.ByteSize() < 40_000
