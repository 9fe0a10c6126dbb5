"""How the bytes of a DICOM file are to be taken: as its meta group says, or by a guess without one."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

_META_GROUP = 0x0002
_TRANSFER_SYNTAX = 0x0010
_SHORT_VRS = (
    *(b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO", b"LT", b"PN"),
    *(b"SH", b"SL", b"SS", b"ST", b"TM", b"UI", b"UL", b"US"),
)
_LONG_VRS = (
    *(b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV"),
    *(b"UC", b"UN", b"UR", b"UT", b"UV"),
)
"""VRs whose length has two bytes, and four behind two unused ones (PS3.5 section 7.1.2)."""

SHORT, _LONG = 6, 8


@dataclass(frozen=True, slots=True)
class Coding:
    """The layout of elements. Instances are made once, by `coding_of`.

    header: group, number, and two more numbers: VR and a length, or the halves of a length where VRs are
    implicit. widths: by VR as `header` has it, the bytes before the length of an element; none
    where VRs are implicit.
    """

    implicit: bool
    big_endian: bool
    header: struct.Struct
    length: struct.Struct
    widths: Mapping[int, int]

    def unsigned(self, value: bytes) -> int:
        """A value of VR US."""
        return int.from_bytes(value[:2], "big" if self.big_endian else "little")


def _coding(*, implicit: bool, big_endian: bool) -> Coding:
    order: Literal["big", "little"] = "big" if big_endian else "little"
    sign = ">" if big_endian else "<"
    widths = {int.from_bytes(vr, order): SHORT for vr in _SHORT_VRS}
    widths |= {int.from_bytes(vr, order): _LONG for vr in _LONG_VRS}
    return Coding(
        implicit,
        big_endian,
        struct.Struct(f"{sign}4H"),
        struct.Struct(f"{sign}L"),
        {} if implicit else widths,
    )


_IMPLICIT = _coding(implicit=True, big_endian=False)
_EXPLICIT = _coding(implicit=False, big_endian=False)
_BIG = _coding(implicit=False, big_endian=True)
_UNKNOWN = int.from_bytes(b"UN", "little")


def coding_of(transfer_syntax: str) -> Coding:
    """The layout that a transfer syntax has; every compressed one is explicit and little endian."""
    if transfer_syntax == ImplicitVRLittleEndian:
        return _IMPLICIT
    return _BIG if transfer_syntax == ExplicitVRBigEndian else _EXPLICIT


def nested(coding: Coding, vr: int) -> Coding:
    """The layout inside of a sequence of undefined length: implicit in one of VR UN (PS3.5 section 6.2.2)."""
    return _IMPLICIT if vr == _UNKNOWN else coding


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
        group, number, vr, length = _EXPLICIT.header.unpack_from(view, position)
        if group != _META_GROUP:
            break
        value = position + 8
        if _EXPLICIT.widths.get(vr) == _LONG:
            (length,) = _EXPLICIT.length.unpack_from(view, value)
            value += 4
        if number == _TRANSFER_SYNTAX:
            found = bytes(view[value : value + length]).rstrip(b"\0 ").decode("ascii")
        position = value + length
    return Beginning(found or _guessed(view, position), position)


def _guessed(view: memoryview, position: int) -> str:
    vr = bytes(view[position + 4 : position + 6])
    explicit = len(vr) == 2 and vr.isalpha() and vr.isupper()
    return str(ExplicitVRLittleEndian if explicit else ImplicitVRLittleEndian)
