"""Reads a few elements from the beginning of a DICOM file: what a client needs and no more."""

import zlib
from collections.abc import Collection
from dataclasses import dataclass

Tag = tuple[int, int]

_LONG = frozenset({b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"})
"""Value representations whose length has four bytes (PS3.5, 7.1.2)."""

_IMPLICIT, _BIG, _DEFLATED = "1.2.840.10008.1.2", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"
_SYNTAX: Tag = (0x0002, 0x0010)
_ITEM_END, _SEQUENCE_END = (0xFFFE, 0xE00D), (0xFFFE, 0xE0DD)
_UNDEFINED = 0xFFFFFFFF
_DEEPEST = 16
_INFLATED_BYTES = 1 << 20


class _EndError(Exception):
    """The bytes at hand end, or are no DICOM."""


def read_head(head: bytes, wanted: Collection[Tag]) -> dict[Tag, str]:
    """The values of these elements, without padding; those that the head does not hold are missing.

    head: the beginning of a file of DICOM part 10, as much of it as is at hand; {} for any other file.
    """
    if head[128:132] != b"DICM":
        return {}
    meta = _Cursor(head, 132, explicit=True, big=False)
    found = meta.read({_SYNTAX}, until=(0x0002, 0xFFFF))
    syntax = found.get(_SYNTAX, "")
    rest = head[meta.place :]
    if syntax == _DEFLATED:
        try:
            rest = zlib.decompressobj(-zlib.MAX_WBITS).decompress(rest, _INFLATED_BYTES)
        except zlib.error:
            return {}
    body = _Cursor(rest, 0, explicit=syntax != _IMPLICIT, big=syntax == _BIG)
    return body.read(wanted, until=max(wanted))


@dataclass
class _Cursor:
    """Goes through elements from a place in the bytes."""

    content: bytes
    place: int
    explicit: bool
    big: bool

    def read(self, wanted: Collection[Tag], until: Tag) -> dict[Tag, str]:
        """The wanted values of the elements up to `until`; the place is before the first one behind it."""
        found: dict[Tag, str] = {}
        try:
            while True:
                start = self.place
                tag, length = self._element()
                if tag > until:
                    self.place = start
                    return found
                if tag in wanted and length != _UNDEFINED:
                    found[tag] = self._take(length).decode("latin-1").strip(" \0")
                else:
                    self._pass(length, _DEEPEST)
        except _EndError:
            return found

    def _element(self) -> tuple[Tag, int]:
        tag = (self._number(2), self._number(2))
        if not self.explicit or tag[0] == 0xFFFE:
            return tag, self._number(4)
        kind = self._take(2)
        if kind not in _LONG:
            return tag, self._number(2)
        self._take(2)
        return tag, self._number(4)

    def _pass(self, length: int, depth: int) -> None:
        if length != _UNDEFINED:
            self._take(length)
            return
        if not depth:
            raise _EndError
        while (inner := self._element())[0] not in (_SEQUENCE_END, _ITEM_END):
            self._pass(inner[1], depth - 1)

    def _number(self, size: int) -> int:
        return int.from_bytes(self._take(size), "big" if self.big else "little")

    def _take(self, length: int) -> bytes:
        end = self.place + length
        if end > len(self.content):
            raise _EndError
        taken, self.place = self.content[self.place : end], end
        return taken
