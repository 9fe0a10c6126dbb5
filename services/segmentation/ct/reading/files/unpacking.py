"""Unpacks compressed bytes part by part, within a limit, and into memory or a temporary file."""

import errno
import mmap
import tempfile
import zlib
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

from radmesh.errors import ExhaustedError, ImageTooLargeError
from services.segmentation.ct.reading.limits import CtLimits

_CHUNK_BYTES = 1 << 20

_NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def inflated(view: memoryview, window: int) -> Iterable[bytes]:
    """Decompresses in parts of at most 1 MiB. window: as zlib's wbits. Raises zlib.error."""
    engine = zlib.decompressobj(window)
    for start in range(0, len(view), _CHUNK_BYTES):
        pending: bytes | memoryview = view[start : start + _CHUNK_BYTES]
        while pending and not engine.eof:
            yield engine.decompress(pending, _CHUNK_BYTES)
            pending = engine.unconsumed_tail
    while not engine.eof:
        # What the engine holds back when the last input was taken and the output was full.
        part = engine.decompress(b"", _CHUNK_BYTES)
        if not part:
            raise zlib.error("ends early")
        yield part


def within(parts: Iterable[bytes], most_bytes: int) -> Iterable[bytes]:
    """The parts. Raises ImageTooLargeError when they are more than `most_bytes`."""
    length = 0
    for part in parts:
        length += len(part)
        if length > most_bytes:
            raise unpacks_too_large(most_bytes)
        yield part


def gathered(parts: Iterable[bytes], limits: CtLimits) -> memoryview:
    """The parts as one: in memory up to max_held_bytes, else as `spooled` puts them."""
    kept: list[bytes] = []
    length = 0
    parts = iter(parts)
    for part in parts:
        kept.append(part)
        length += len(part)
        if length > limits.max_held_bytes:
            return spooled(chain(kept, parts), limits.scratch)
    return memoryview(b"".join(kept))


def unpacks_too_large(most_bytes: int) -> ImageTooLargeError:
    """The error for compressed bytes that become more than is allowed."""
    return ImageTooLargeError(
        f"Unpacked, the files are over the limit of {most_bytes} bytes. Send one series alone.",
        metadata={"limit_bytes": str(most_bytes)},
    )


def spooled(parts: Iterable[bytes], scratch: Path | None) -> memoryview:
    """The parts in a temporary file without a name, mapped: it is gone when the last view of it is.

    Raises ExhaustedError DISK_FULL.
    """
    try:
        with tempfile.TemporaryFile(dir=scratch) as file:
            for part in parts:
                file.write(part)
            file.flush()
            if not file.tell():
                return memoryview(b"")
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except OSError as error:
        if error.errno not in _NO_SPACE:
            raise
        raise ExhaustedError(
            "The disk of the worker is full; the image cannot be unpacked. Free space, then try again.",
            reason="DISK_FULL",
            retry_after=60.0,
        ) from None
