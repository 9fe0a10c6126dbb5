"""Errors of calls that do not fit the state that things are in."""

from radmesh.errors.base import Code, RadmeshError


class AbortedError(RadmeshError):
    """Somebody else holds what the call needs: `UPLOAD_BUSY`, `SESSION_SUPERSEDED`."""

    code = Code.ABORTED
    reason = "ABORTED"


class FailedPreconditionError(RadmeshError):
    """The call makes no sense in the state that things are in."""

    code = Code.FAILED_PRECONDITION
    reason = "FAILED_PRECONDITION"


class NotAwaitingReviewError(FailedPreconditionError):
    """The task waits for nobody's decision, or no longer; metadata `state`."""

    reason = "NOT_AWAITING_REVIEW"


class PipelineInUseError(FailedPreconditionError):
    """A pipeline is served or waited for still; metadata `connected_workers`, `tasks`: how many of each."""

    reason = "PIPELINE_IN_USE"


class ModelInUseError(FailedPreconditionError):
    """A task that has not ended needs the model; metadata `task`."""

    reason = "MODEL_IN_USE"


class ReviewChangedError(AbortedError):
    """The task shows another stage than the one decided on; metadata `sequence`: that of the open review."""

    reason = "REVIEW_CHANGED"
