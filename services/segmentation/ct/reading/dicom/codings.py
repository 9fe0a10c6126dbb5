"""How the bytes of a DICOM file are to be taken: as its meta group says, or by a guess without one."""

import struct
from dataclasses import dataclass

from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

_META_GROUP = 0x0002
_TRANSFER_SYNTAX = 0x0010
_LONG = (b"OB", b"OW", b"UN", b"SQ", b"UT")


@dataclass(frozen=True, slots=True)
class Coding:
    """The layout of elements. Instances are made once, by `coding_of`."""

    implicit: bool
    implicit_header: struct.Struct
    explicit_header: struct.Struct
    length: struct.Struct

    @property
    def big_endian(self) -> bool:
        """Whether the first byte of a number is its highest."""
        return self is _BIG

    def unsigned(self, value: bytes) -> int:
        """A value of VR US."""
        return int.from_bytes(value[:2], "big" if self.big_endian else "little")


def _coding(implicit: bool, order: str) -> Coding:
    return Coding(
        implicit, struct.Struct(f"{order}HHL"), struct.Struct(f"{order}HH2sH"), struct.Struct(f"{order}L")
    )


_IMPLICIT, _EXPLICIT, _BIG = _coding(True, "<"), _coding(False, "<"), _coding(False, ">")


def coding_of(transfer_syntax: str) -> Coding:
    """The layout that a transfer syntax has; every compressed one is explicit and little endian."""
    if transfer_syntax == ImplicitVRLittleEndian:
        return _IMPLICIT
    return _BIG if transfer_syntax == ExplicitVRBigEndian else _EXPLICIT


def nested(coding: Coding, vr: bytes) -> Coding:
    """The layout inside of a sequence of undefined length: implicit in one of VR UN (PS3.5 section 6.2.2)."""
    return _IMPLICIT if vr == b"UN" else coding


@dataclass(frozen=True, slots=True)
class Beginning:
    """transfer_syntax: its UID. data_set: where the data set begins; deflated: whether it is compressed."""

    transfer_syntax: str
    data_set: int

    @property
    def deflated(self) -> bool:
        """Whether all behind the meta group is compressed by RFC 1951."""
        return self.transfer_syntax == DeflatedExplicitVRLittleEndian


def beginning_of(view: memoryview) -> Beginning:
    """What the meta group says (PS3.10 section 7.1), guessed from the first element when there is none.

    Raises ValueError, struct.error.
    """
    position = 132 if bytes(view[128:132]) == b"DICM" else 0
    found = ""
    while position + 8 <= len(view):
        group, number, vr, length = _EXPLICIT.explicit_header.unpack_from(view, position)
        if group != _META_GROUP:
            break
        value = position + 8
        if vr in _LONG:
            (length,) = _EXPLICIT.length.unpack_from(view, position + 8)
            value = position + 12
        if number == _TRANSFER_SYNTAX:
            found = bytes(view[value : value + length]).rstrip(b"\0 ").decode("ascii")
        position = value + length
    return Beginning(found or _guessed(view, position), position)


def _guessed(view: memoryview, position: int) -> str:
    vr = bytes(view[position + 4 : position + 6])
    explicit = len(vr) == 2 and vr.isalpha() and vr.isupper()
    return str(ExplicitVRLittleEndian if explicit else ImplicitVRLittleEndian)
