"""Errors of a cursor or an offset that lies outside of what exists."""

from radmesh.errors.base import Code, RadmeshError


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
