"""Reads the text of DICOM elements as numbers and strings; what is no number is None, never an exception."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from services.segmentation.ct.reading.dicom.codings import Coding
from services.segmentation.ct.reading.wording import mm

_LONGEST_SHOWN = 32
_LARGEST_IS = 2**31 - 1
"""What an element of VR IS may say (PS3.5 section 6.2), and a result can hold."""


@dataclass(frozen=True, slots=True)
class Values:
    """The elements of one data set by keyword, as they stand in the file. Some are the patient's."""

    elements: Mapping[str, bytes] = field(repr=False)
    coding: Coding

    def texts(self, keyword: str) -> tuple[str, ...]:
        """The values of an element of characters; () when it is absent or empty."""
        value = self.elements.get(keyword, b"").strip(b" \0")
        return tuple(part.strip() for part in value.decode("latin-1").split("\\")) if value else ()

    def text(self, keyword: str) -> str:
        """The element as one string, its values joined by backslashes; "" when it is absent or empty."""
        return "\\".join(self.texts(keyword))

    def numbers(self, keyword: str, count: int) -> tuple[float, ...] | None:
        """The values of an element of VR DS; None unless there are `count`, all finite."""
        value = self.elements.get(keyword)
        if not value:
            return None
        try:
            # float() takes bytes as they are, with the padding of DS, but for a closing NUL.
            found = tuple(float(part) for part in value.rstrip(b"\0").split(b"\\"))
        except ValueError:
            return None
        return found if len(found) == count and all(map(math.isfinite, found)) else None

    def number(self, keyword: str) -> float | None:
        """The value of an element of VR DS that has one."""
        found = self.numbers(keyword, 1)
        return None if found is None else found[0]

    def whole(self, keyword: str) -> int | None:
        """The value of an element of VR IS that has one, within the range of IS."""
        found = self.number(keyword)
        if found is None or not found.is_integer() or abs(found) > _LARGEST_IS:
            return None
        return int(found)

    def unsigned(self, keyword: str) -> int | None:
        """The value of an element of VR US."""
        value = self.elements.get(keyword, b"")
        return self.coding.unsigned(value) if len(value) >= 2 else None


def shown(text: str) -> str:
    """A technical text of a header for a message: what could break a line or a terminal is left out."""
    kept = "".join(letter for letter in text if letter.isascii() and letter.isprintable())
    return kept[:_LONGEST_SHOWN] or "unnamed"


def reconstruction(kernel: str, thickness_mm: float | None) -> str:
    """What tells reconstructions with one series number apart, for a message: `, kernel B70f, 1 mm`."""
    parts = [f"kernel {shown(kernel)}"] if kernel else []
    parts += [mm(thickness_mm)] if thickness_mm is not None else []
    return "".join(f", {part}" for part in parts)
