"""What may be uploaded: a request to open an upload, judged against the limits that apply."""

import hashlib
import json
import re
from dataclasses import dataclass

from radmesh import names
from radmesh.blobs.v1.upload_service_pb2 import CreateUploadRequest
from radmesh.errors import (
    AbortedError,
    FailedPreconditionError,
    ImageTooLargeError,
    InvalidRequestError,
    OffsetMismatchError,
    Violation,
)
from radmesh.tasks.v1.pipeline_pb2 import Pipeline
from services.gateway import media_types

MAX_CHUNK_BYTES = 1 << 20
_DIGEST = re.compile(r"[0-9a-f]{64}")
_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,15}")


@dataclass(frozen=True)
class Limits:
    """What an upload is held to: most bytes, and media types that are taken (all known ones when empty)."""

    max_bytes: int
    media_types: tuple[str, ...] = ()

    def of(self, pipeline: Pipeline) -> "Limits":
        """The limits of a pipeline, these where it names none."""
        return Limits(pipeline.input.max_image_bytes or self.max_bytes, tuple(pipeline.input.media_types))


@dataclass(frozen=True)
class NewUpload:
    """What a caller declared of an upload. sha256, file_extension, pipeline: "" where nothing was said."""

    request_id: str
    size_bytes: int
    sha256: str = ""
    file_extension: str = ""
    pipeline: str = ""

    @property
    def fingerprint(self) -> str:
        """Digest of what was declared: a repeated request is told from another one by it."""
        declared = [self.size_bytes, self.sha256, self.file_extension, self.pipeline]
        return hashlib.sha256(json.dumps(declared).encode()).hexdigest()


def read_request(request: CreateUploadRequest) -> NewUpload:
    """The declaration in a request. Raises InvalidRequestError with every field that breaks its rule."""
    found = list(_violations(request))
    if found:
        raise InvalidRequestError(found)
    return NewUpload(
        request_id=request.request_id.lower(),
        size_bytes=request.size_bytes,
        sha256=request.sha256,
        file_extension=request.file_extension.lower(),
        pipeline=request.pipeline,
    )


def check_limits(new: NewUpload, limits: Limits) -> None:
    """Raises what can be said before a byte came: EMPTY_FILE, IMAGE_TOO_LARGE, UNSUPPORTED_FORMAT."""
    if new.size_bytes == 0:
        raise media_types.empty_file()
    if new.size_bytes > limits.max_bytes:
        raise too_large(new.size_bytes, limits.max_bytes)
    if new.file_extension:
        media_types.check_extension(new.file_extension, limits.media_types)


def too_large(size_bytes: int, limit_bytes: int) -> ImageTooLargeError:
    """The error for more bytes than a limit."""
    return ImageTooLargeError(
        f"{size_bytes} bytes are over the limit of {limit_bytes}. Send a smaller image.",
        metadata={"limit_bytes": str(limit_bytes)},
    )


def more_than_declared(size_bytes: int) -> ImageTooLargeError:
    """The error for bytes past the declared end."""
    return ImageTooLargeError(
        f"More bytes arrived than the {size_bytes} that were declared. Open the upload with the right size.",
        metadata={"limit_bytes": str(size_bytes)},
    )


def incomplete(offset: int, size_bytes: int) -> FailedPreconditionError:
    """The error for an end before the declared end."""
    return FailedPreconditionError(
        f"{offset} of {size_bytes} bytes arrived when the upload was called complete. Send the file again.",
        reason="UPLOAD_INCOMPLETE",
        metadata={"offset": str(offset), "size_bytes": str(size_bytes)},
    )


def offset_mismatch(offset: int) -> OffsetMismatchError:
    """The error for bytes that do not begin where the upload stands, at `offset`."""
    return OffsetMismatchError(
        f"The upload stands at {offset}; go on there.", metadata={"offset": str(offset)}
    )


def busy() -> AbortedError:
    """The error for a second stream on one upload."""
    return AbortedError(
        "Another stream writes this upload. Wait for its end, then go on where it stands.",
        reason="UPLOAD_BUSY",
        retry_after=0.2,
    )


def chunk_too_long() -> InvalidRequestError:
    """The error for a chunk over the limit of one message."""
    return InvalidRequestError([Violation("chunk", f"must be at most {MAX_CHUNK_BYTES} bytes")])


def _violations(request: CreateUploadRequest) -> list[Violation]:
    found = []
    if not names.is_request_id(request.request_id):
        found.append(Violation("request_id", "must be a UUID of version 4"))
    if request.size_bytes < 0:
        found.append(Violation("size_bytes", "must be from 1 to the limit"))
    if request.sha256 and not _DIGEST.fullmatch(request.sha256):
        found.append(Violation("sha256", "must be 64 lower-case hexadecimal digits, or empty"))
    if request.file_extension and not _EXTENSION.fullmatch(request.file_extension):
        found.append(Violation("file_extension", "must be a dot and at most 15 letters or digits, or empty"))
    if request.pipeline and names.parse("pipelines", request.pipeline) is None:
        found.append(Violation("pipeline", "must be `pipelines/{pipeline}`, or empty"))
    return found
