"""Errors of a task's work, not of a call."""

from radmesh.errors.base import Code, NumericCode, RadmeshError


class InferenceError(RadmeshError):
    """The model or its process failed: `INFERENCE_FAILED`, `WORKER_CRASHED`."""

    code = Code.INTERNAL
    reason = "INFERENCE_FAILED"
    numeric_code = NumericCode.INFERENCE_FAILED


class TaskFailedError(RadmeshError):
    """A task ended without a result. The reason is that of the task's error; metadata `task` names it."""

    code = Code.ABORTED
    reason = "TASK_FAILED"
