"""One tree of errors. Each carries a canonical code, a reason for programs and a message for people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

DOMAIN = "radmesh"


class Code(IntEnum):
    """The canonical codes of gRPC that Radmesh answers with (google/rpc/code.proto)."""

    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16


class NumericCode(IntEnum):
    """The published numeric codes; they travel in the metadata key `code`."""

    VALIDATION = 10001
    DUPLICATE_ID = 10002
    UNSUPPORTED_FORMAT = 10003
    INFERENCE_FAILED = 12001
    IMAGE_NOT_FOUND = 12002


@dataclass(frozen=True)
class Violation:
    """One request field that breaks its rule: its path, such as `parameters.threshold`, and what to do."""

    field: str
    description: str


class RadmeshError(Exception):
    """Base of every error. `reason`, `code` and `numeric_code` are class defaults that an instance may set.

    metadata: more fields for programs; no patient identifier. retry_after: seconds to wait before the call
    may be repeated, None when repeating is no use.
    """

    code = Code.INTERNAL
    reason = "INTERNAL"
    numeric_code: NumericCode | None = None

    def __init__(
        self,
        message: str,
        *,
        reason: str | None = None,
        metadata: Mapping[str, str] | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason or type(self).reason
        self.metadata = dict(metadata or {})
        self.retry_after = retry_after


class InvalidRequestError(RadmeshError):
    """Fields of a request break their rules; all of them are named."""

    code = Code.INVALID_ARGUMENT
    reason = "INVALID_REQUEST"
    numeric_code = NumericCode.VALIDATION

    def __init__(self, violations: Sequence[Violation]) -> None:
        self.violations = tuple(violations)
        super().__init__("; ".join(f"{one.field}: {one.description}" for one in self.violations))


class ImageFormatError(RadmeshError):
    """An image cannot be used as it is: its reason says whether format, content or size is the cause."""

    code = Code.INVALID_ARGUMENT
    reason = "UNSUPPORTED_FORMAT"
    numeric_code = NumericCode.UNSUPPORTED_FORMAT


class ImageTooLargeError(RadmeshError):
    """More bytes than the limit that applies; metadata `limit_bytes`."""

    code = Code.INVALID_ARGUMENT
    reason = "IMAGE_TOO_LARGE"
    numeric_code = NumericCode.VALIDATION


class ChecksumMismatchError(RadmeshError):
    """The content that arrived is not the content that was declared."""

    code = Code.INVALID_ARGUMENT
    reason = "CHECKSUM_MISMATCH"
    numeric_code = NumericCode.VALIDATION


class RequestIdReusedError(RadmeshError):
    """A `request_id` came again with another request."""

    code = Code.ALREADY_EXISTS
    reason = "REQUEST_ID_REUSED"
    numeric_code = NumericCode.DUPLICATE_ID


class CallbackRefusedError(RadmeshError):
    """A task's `callback_url` may not be called, or callbacks are not set up."""

    code = Code.INVALID_ARGUMENT
    reason = "CALLBACK_REFUSED"
    numeric_code = NumericCode.VALIDATION


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


class OutOfRangeError(RadmeshError):
    """A position lies outside of what exists."""

    code = Code.OUT_OF_RANGE
    reason = "OUT_OF_RANGE"


class CursorCompactedError(OutOfRangeError):
    """Events after the cursor are no longer kept; metadata `oldest_sequence`."""

    reason = "CURSOR_COMPACTED"


class CursorAheadError(OutOfRangeError):
    """The cursor is past the newest event; metadata `newest_sequence`."""

    reason = "CURSOR_AHEAD"


class OffsetMismatchError(OutOfRangeError):
    """Bytes do not belong where an upload stands; metadata `offset`."""

    reason = "OFFSET_MISMATCH"


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


class ReviewChangedError(AbortedError):
    """The task shows another stage than the one decided on; metadata `sequence`: that of the open review."""

    reason = "REVIEW_CHANGED"


class ExhaustedError(RadmeshError):
    """A limit is reached: `TOO_MANY_WATCHES`, `NO_FREE_SLOT`, `DISK_FULL`. Comes with a time to wait."""

    code = Code.RESOURCE_EXHAUSTED
    reason = "RESOURCE_EXHAUSTED"


class UnavailableError(RadmeshError):
    """A part of the mesh is away: `STORE_UNAVAILABLE`, `DRAINING`, `UNAVAILABLE`. Repeat the call."""

    code = Code.UNAVAILABLE
    reason = "UNAVAILABLE"

    def __init__(
        self,
        message: str,
        *,
        reason: str | None = None,
        metadata: Mapping[str, str] | None = None,
        retry_after: float | None = 1.0,
    ) -> None:
        super().__init__(message, reason=reason, metadata=metadata, retry_after=retry_after)


class PermissionDeniedError(RadmeshError):
    """The principal may not do this."""

    code = Code.PERMISSION_DENIED
    reason = "PERMISSION_DENIED"


class SignatureError(RadmeshError):
    """A webhook does not come from Radmesh, or comes too late; raised at its receiver."""

    code = Code.UNAUTHENTICATED
    reason = "SIGNATURE_INVALID"


class DeadlineExceededError(RadmeshError):
    """The caller's deadline passed first."""

    code = Code.DEADLINE_EXCEEDED
    reason = "DEADLINE_EXCEEDED"


class InferenceError(RadmeshError):
    """The model or its process failed: `INFERENCE_FAILED`, `WORKER_CRASHED`."""

    code = Code.INTERNAL
    reason = "INFERENCE_FAILED"
    numeric_code = NumericCode.INFERENCE_FAILED


class TaskFailedError(RadmeshError):
    """A task ended without a result. The reason is that of the task's error; metadata `task` names it."""

    code = Code.ABORTED
    reason = "TASK_FAILED"
