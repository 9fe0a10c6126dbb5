"""One file of an upload: where its bytes are, and how they are had when they are compressed."""

import zlib
from collections.abc import Iterable
from pathlib import Path

from services.segmentation.ct.reading.files.unpacking import gathered, inflated
from services.segmentation.ct.reading.limits import CtLimits
from services.segmentation.ct.reading.refusals import damaged
from services.segmentation.ct.reading.wording import SliceName

HEAD_BYTES = 32 << 10
"""What is unpacked first: more than the header of most slices."""


class Member:
    """A file as it lies there, uncompressed. number: its place in the upload, from 1. source: its bytes."""

    def __init__(self, number: int, source: memoryview) -> None:
        self.number = number
        self.size = len(source)
        self.source = source

    @property
    def name(self) -> SliceName:
        """What messages call it."""
        return SliceName("file", self.number)

    def head(self) -> memoryview:
        """The beginning: at least HEAD_BYTES of it, or all. Raises ImageFormatError FILE_UNREADABLE."""
        return self.source

    def whole(self) -> memoryview:
        """All of it. Raises ImageFormatError FILE_UNREADABLE, ExhaustedError DISK_FULL."""
        return self.source


class FileMember(Member):
    """A file of its own, opened when it is read: a process may not hold as many files as a CT has slices."""

    def __init__(self, number: int, path: Path, size: int) -> None:
        super().__init__(number, memoryview(b""))
        self.size = size
        self._path = path

    def head(self) -> memoryview:
        """See Member. Raises OSError."""
        with self._path.open("rb") as file:
            return memoryview(file.read(HEAD_BYTES))

    def whole(self) -> memoryview:
        """See Member. Raises OSError."""
        return memoryview(self._path.read_bytes())


class DeflatedMember(Member):
    """A file of a zip archive, compressed by RFC 1951. size, checksum: as the archive's directory says.

    source: the compressed bytes.
    """

    def __init__(self, number: int, source: memoryview, size: int, checksum: int, limits: CtLimits) -> None:
        super().__init__(number, source)
        self.size = size
        self._checksum = checksum
        self._limits = limits
        self._on_disk: memoryview | None = None

    def head(self) -> memoryview:
        """See Member; nothing behind the beginning is unpacked."""
        try:
            found = zlib.decompressobj(-zlib.MAX_WBITS).decompress(self.source, min(HEAD_BYTES, self.size))
        except zlib.error:
            raise damaged(str(self.name)) from None
        return memoryview(found)

    def whole(self) -> memoryview:
        """See Member. Unpacked again at each call, unless it is so large that it was put to disk."""
        if self._on_disk is not None:
            return self._on_disk
        parts = self._exactly(inflated(self.source, -zlib.MAX_WBITS))
        found = gathered(parts, self._limits)
        if self.size > self._limits.max_held_bytes:
            self._on_disk = found
        return found

    def _exactly(self, parts: Iterable[bytes]) -> Iterable[bytes]:
        """The parts, ended as soon as they are more than the directory said, and checked at their end."""
        length, checksum = 0, 0
        try:
            for part in parts:
                length += len(part)
                checksum = zlib.crc32(part, checksum)
                if length > self.size:
                    break
                yield part
        except zlib.error:
            raise damaged(str(self.name)) from None
        if length != self.size or checksum != self._checksum:
            raise damaged(str(self.name))
