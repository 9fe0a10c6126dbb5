"""Errors of what a caller asked for or sent."""

from collections.abc import Sequence

from radmesh.errors.base import Code, NumericCode, RadmeshError, Violation


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
