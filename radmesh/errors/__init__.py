"""One tree of errors. Each carries a canonical code, a reason for programs and a message for people."""

from radmesh.errors.base import DOMAIN, Code, NumericCode, RadmeshError, Violation, error_classes
from radmesh.errors.conflicts import (
    AbortedError,
    FailedPreconditionError,
    ModelInUseError,
    NotAwaitingReviewError,
    PipelineInUseError,
    ReviewChangedError,
)
from radmesh.errors.limits import DeadlineExceededError, ExhaustedError, UnavailableError
from radmesh.errors.missing import (
    ArtifactNotFoundError,
    BatchNotFoundError,
    ImageNotFoundError,
    ModelNotFoundError,
    NotFoundError,
    PipelineNotFoundError,
    TaskNotFoundError,
    UploadNotFoundError,
    WeightsNotFoundError,
    WorkerNotFoundError,
)
from radmesh.errors.outcomes import InferenceError, TaskFailedError
from radmesh.errors.permissions import PermissionDeniedError, SignatureError
from radmesh.errors.positions import (
    CursorAheadError,
    CursorCompactedError,
    OffsetMismatchError,
    OutOfRangeError,
)
from radmesh.errors.requests import (
    CallbackRefusedError,
    ChecksumMismatchError,
    ImageFormatError,
    ImageTooLargeError,
    InvalidRequestError,
    RequestIdReusedError,
)

__all__ = [
    "DOMAIN",
    "AbortedError",
    "ArtifactNotFoundError",
    "BatchNotFoundError",
    "CallbackRefusedError",
    "ChecksumMismatchError",
    "Code",
    "CursorAheadError",
    "CursorCompactedError",
    "DeadlineExceededError",
    "ExhaustedError",
    "FailedPreconditionError",
    "ImageFormatError",
    "ImageNotFoundError",
    "ImageTooLargeError",
    "InferenceError",
    "InvalidRequestError",
    "ModelInUseError",
    "ModelNotFoundError",
    "NotAwaitingReviewError",
    "NotFoundError",
    "NumericCode",
    "OffsetMismatchError",
    "OutOfRangeError",
    "PermissionDeniedError",
    "PipelineInUseError",
    "PipelineNotFoundError",
    "RadmeshError",
    "RequestIdReusedError",
    "ReviewChangedError",
    "SignatureError",
    "TaskFailedError",
    "TaskNotFoundError",
    "UnavailableError",
    "UploadNotFoundError",
    "Violation",
    "WeightsNotFoundError",
    "WorkerNotFoundError",
    "error_classes",
]
