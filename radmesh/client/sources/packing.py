"""The files of a series as one tar archive that is never written: its bytes are made as they are asked for.

The same files make the same archive, in whatever order and under whatever names they are found. Names say
nothing: members are numbered, for a file's name may hold a patient's.
"""

import hashlib
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate, groupby

from radmesh.client.sources.content import OpenFile
from radmesh.client.sources.finding import FoundFile

_BLOCK = 512
_END_BYTES = 2 * _BLOCK
_READ_BYTES = 1 << 20
_OCTAL_LIMIT = 8 << 30


def in_order(files: Sequence[FoundFile]) -> list[FoundFile]:
    """The files in the order that their contents give them; of those that are equal, one.

    Contents are looked at where beginnings and lengths do not tell them apart. Blocks. Raises as
    Content.read.
    """
    ordered: list[FoundFile] = []
    for _, alike in groupby(sorted(files, key=_first_key), key=_first_key):
        group = list(alike)
        if len(group) > 1:
            by_content = {_digest(one): one for one in group}
            group = [by_content[digest] for digest in sorted(by_content)]
        ordered += group
    return ordered


class PackedFiles:
    """See Content. files: as `in_order` gives them."""

    def __init__(self, files: Sequence[FoundFile]) -> None:
        self._files = files
        self._begins = list(accumulate((_BLOCK + _padded(one.mark.size) for one in files), initial=0))
        """Where each member begins, and behind them the end of the archive."""
        self._open = OpenFile()

    @property
    def size(self) -> int:
        """See Content."""
        return self._begins[-1] + _END_BYTES

    def read(self, offset: int, length: int) -> bytes:
        """See Content."""
        end = min(offset + length, self.size)
        parts = []
        while offset < end:
            parts.append(self._part(offset, end - offset))
            offset += len(parts[-1])
        return b"".join(parts)

    def close(self) -> None:
        """See Content."""
        self._open.close()

    def _part(self, offset: int, most: int) -> bytes:
        """At most so many bytes from `offset` on: of one header, one file, or the zeros behind it."""
        index = bisect_right(self._begins, offset) - 1
        if index == len(self._files):
            return bytes(most)
        file, within = self._files[index], offset - self._begins[index]
        if within < _BLOCK:
            return member_header(index + 1, file.mark.size)[within : within + most]
        within -= _BLOCK
        left = file.mark.size - within
        if left > 0:
            return self._open.read(file.path, file.mark, within, min(most, left))
        return bytes(min(most, self._begins[index + 1] - offset))


def member_header(number: int, size: int) -> bytes:
    """The block before a file's bytes (POSIX.1-1988, ustar): what the archive calls it, and its length."""
    name = b"%08d.dcm" % number
    # GNU's way where eleven octal digits are too few.
    length = b"%011o\0" % size if size < _OCTAL_LIMIT else b"\x80" + size.to_bytes(11, "big")
    fields = (
        name.ljust(100, b"\0"),
        b"0000644\0" + b"0000000\0" * 2,
        length,
        b"%011o\0" % 0,
        b" " * 8,
        b"0".ljust(101, b"\0"),
        b"ustar\x0000".ljust(255, b"\0"),
    )
    block = b"".join(fields)
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]


def _first_key(file: FoundFile) -> tuple[bytes, int]:
    return file.head, file.mark.size


def _digest(file: FoundFile) -> bytes:
    digest, opened = hashlib.sha256(), OpenFile()
    try:
        for offset in range(0, file.mark.size, _READ_BYTES):
            length = min(_READ_BYTES, file.mark.size - offset)
            digest.update(opened.read(file.path, file.mark, offset, length))
    finally:
        opened.close()
    return digest.digest()


def _padded(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK
