"""Why a model is not imported."""

from radmesh.errors import FailedPreconditionError, NumericCode


class ModelRefusedError(FailedPreconditionError):
    """What was sent cannot be served; the reason and the message say why, and what to send instead."""

    reason = "MODEL_REFUSED"
    numeric_code = NumericCode.VALIDATION


def refused(message: str, *, reason: str, **metadata: object) -> ModelRefusedError:
    """The error of a reason. metadata: for programs."""
    told = {name: str(value) for name, value in metadata.items()}
    return ModelRefusedError(message, reason=reason, metadata=told)
