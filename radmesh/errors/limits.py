"""Errors that pass with time: limits that are reached, parts that are away, deadlines."""

from collections.abc import Mapping

from radmesh.errors.base import Code, RadmeshError


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


class DeadlineExceededError(RadmeshError):
    """The caller's deadline passed first."""

    code = Code.DEADLINE_EXCEEDED
    reason = "DEADLINE_EXCEEDED"
