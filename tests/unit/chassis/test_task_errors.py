"""An error crosses from the child to the task with its code, its reason, and whether to try again."""

import pytest

from radmesh import errors
from services.chassis.task_errors import from_task_error, to_task_error

CASES = [
    (errors.ImageFormatError("x", reason="IMAGE_TRUNCATED"), 10003, False),
    (errors.ImageTooLargeError("x", metadata={"limit_bytes": "5"}), 10001, False),
    (errors.ImageNotFoundError("x"), 12002, False),
    (errors.WeightsNotFoundError("x"), 0, False),
    (errors.InferenceError("x"), 12001, False),
    (errors.InferenceError("x", reason="WORKER_CRASHED"), 12001, True),
    (errors.InferenceError("x", reason="OUT_OF_MEMORY"), 12001, True),
    (errors.ExhaustedError("x", reason="DISK_FULL"), 0, True),
    (errors.UnavailableError("x"), 0, True),
]


@pytest.mark.parametrize(("error", "code", "retryable"), CASES)
def test_code_and_retryability_follow_the_cause(
    error: errors.RadmeshError, code: int, retryable: bool
) -> None:
    told = to_task_error(error)
    assert (told.code, told.reason, told.retryable) == (code, error.reason, retryable)


@pytest.mark.parametrize(("error", "code", "retryable"), CASES)
def test_an_error_survives_the_way_from_the_child(
    error: errors.RadmeshError, code: int, retryable: bool
) -> None:
    told = to_task_error(error)
    assert to_task_error(from_task_error(told)) == told
