"""Errors of names behind which there is nothing, or nothing that a caller may see."""

from radmesh.errors.base import Code, NumericCode, RadmeshError


class NotFoundError(RadmeshError):
    """A resource does not exist or belongs to another owner; the reason names its kind."""

    code = Code.NOT_FOUND
    reason = "NOT_FOUND"


class TaskNotFoundError(NotFoundError):
    """No such task for this owner."""

    reason = "TASK_NOT_FOUND"


class BatchNotFoundError(NotFoundError):
    """No such batch for this owner."""

    reason = "BATCH_NOT_FOUND"


class WorkerNotFoundError(NotFoundError):
    """No worker of this name is connected or holds a lease."""

    reason = "WORKER_NOT_FOUND"


class PipelineNotFoundError(NotFoundError):
    """No worker has ever introduced this pipeline."""

    reason = "PIPELINE_NOT_FOUND"


class ModelNotFoundError(NotFoundError):
    """No known pipeline can run this model."""

    reason = "MODEL_NOT_FOUND"


class WeightsNotFoundError(NotFoundError):
    """The model has no weights of this name."""

    reason = "WEIGHTS_NOT_FOUND"


class UploadNotFoundError(NotFoundError):
    """No such upload for this owner; it may have expired."""

    reason = "UPLOAD_NOT_FOUND"


class ImageNotFoundError(NotFoundError):
    """No such image for this owner."""

    reason = "IMAGE_NOT_FOUND"
    numeric_code = NumericCode.IMAGE_NOT_FOUND


class ArtifactNotFoundError(NotFoundError):
    """The task has no artifact of this name."""

    reason = "ARTIFACT_NOT_FOUND"
