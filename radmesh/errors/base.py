"""What every error is made of: canonical code, reason, published number; and the root of the tree."""

from collections.abc import Mapping
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


def error_classes() -> list[type[RadmeshError]]:
    """The classes of `radmesh.errors` from the root down, level by level; not those derived elsewhere."""
    found: list[type[RadmeshError]] = [RadmeshError]
    for one in found:
        found += [child for child in one.__subclasses__() if child.__module__.startswith(f"{__package__}.")]
    return found
