"""Why a model cannot be served, or an image not predicted, as typed errors."""

from radmesh.errors import FailedPreconditionError, NotFoundError


class UnsupportedModelError(FailedPreconditionError):
    """A model asks for something that nnU-Net's own parts do not have; the message names it."""

    reason = "MODEL_UNSUPPORTED"


class UnknownTrainerError(FailedPreconditionError):
    """A model was trained by a trainer that nnU-Net does not ship; metadata `trainer`."""

    reason = "TRAINER_UNKNOWN"


class DeviceNotFoundError(FailedPreconditionError):
    """The device that was asked for is none of this worker's; metadata `device`."""

    reason = "DEVICE_NOT_FOUND"


class FoldNotFoundError(NotFoundError):
    """A fold was asked for that the weights do not hold; metadata `fold`."""

    reason = "FOLD_NOT_FOUND"
