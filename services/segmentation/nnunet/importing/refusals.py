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


def bundled_model(name: str) -> ModelRefusedError:
    """The error for a model that came with the installation."""
    return refused(
        f"{name} is part of this installation and was not imported: it stays.",
        model=f"models/{name}",
        reason="MODEL_BUNDLED",
    )
