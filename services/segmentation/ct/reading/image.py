"""A CT as the analyses take it: what is known at once, and its slices when they are asked for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np

from services.segmentation.ct.reading.dicom.slices import Making, Slice
from services.segmentation.ct.reading.dicom.values import reconstruction
from services.segmentation.ct.reading.geometry import Geometry
from services.segmentation.ct.reading.refusals import refused
from services.segmentation.ct.reading.series.choice import LeftOut
from services.segmentation.ct.reading.wording import INSTANCE, counted, joined, mm


class Planes(Protocol):
    """Where slices come from."""

    def read(self, index: int, out: np.ndarray) -> None:
        """Fills `out`, int16 (rows, columns), with the HU of one slice. Raises ImageFormatError."""


@dataclass(frozen=True)
class Patient:
    """What an analysis may need of the patient; None where the header is silent. Never to be logged.

    height_m: as written, not checked; NaN where what is written is no number. Some scanners write 0 for what
    nobody entered: that is silence, too. sex: `M`, `F` or `O`. differing: which of `height`, `weight` and
    `sex` are not the same in all slices; they are None.
    """

    height_m: float | None = field(default=None, repr=False)
    weight_kg: float | None = field(default=None, repr=False)
    sex: str | None = field(default=None, repr=False)
    differing: tuple[str, ...] = ()


@dataclass(frozen=True)
class CtImage:
    """A volume in Hounsfield units. Axes are slices, rows, columns; geometry is in the DICOM frame (LPS, mm).

    slices: of DICOM, in the order of the volume; () of NIfTI. making: of the first slice. left_out: files of
    the upload that are no part of it. stored_axes: which axes of the file slices, rows and columns are, in
    another order only after `axial`. Only headers are held: pixels are read where they lie at each call, so
    memory is what the caller takes. Not for several threads at once.
    """

    geometry: Geometry
    slices: tuple[Slice, ...] = field(repr=False)
    making: Making
    patient: Patient
    left_out: tuple[LeftOut, ...]
    planes: Planes = field(repr=False)
    stored_axes: tuple[int, int, int] = (0, 1, 2)

    @property
    def other_series(self) -> str:
        """What people have to know where the upload held other CT series, too; "" where it did not.

        Another phase or kernel has other Hounsfield units: which series was read must not be a guess.
        """
        others = [one for one in self.left_out if one.is_ct]
        if not others:
            return ""
        named = joined([f"{one.what} ({counted(one.files, 'file')})" for one in others])
        return (
            f"Read was {self._read_series(others)} of several CT series in the upload: axial ones come "
            f"before reformats, then the longest, then the lowest number. Left out: {named}. Send one series "
            "alone to choose it."
        )

    def _read_series(self, others: Sequence[LeftOut]) -> str:
        """Its number; with what tells it apart where others have the same."""
        making = self.making
        called = "a series without a number" if making.series is None else f"series {making.series}"
        same = "another series" if making.series is None else called
        if any(f"{one.what},".startswith(f"{same},") for one in others):
            called += reconstruction(making.kernel, making.thickness_mm)
        return called

    @cached_property
    def instance_numbers(self) -> Sequence[int] | None:
        """Of DICOM, of each slice; None where one has none, or two share one: they name no slice then."""
        numbers = [one.name.number for one in self.slices if one.name.noun == INSTANCE]
        return numbers if self.slices and len(set(numbers)) == len(self.slices) else None

    def slice_name(self, index: int) -> str:
        """What a person finds a slice by: `instance 57`, or its number from 1 in the volume."""
        if not self.slices or (self.instance_numbers is None and self.slices[index].name.noun == INSTANCE):
            return f"slice {index + 1}"
        return str(self.slices[index].name)

    def read(self, start: int = 0, stop: int | None = None) -> np.ndarray:
        """The HU of slices start to stop, the last not included: int16 (slices, rows, columns).

        Each slice is decoded into its place; nothing else is held. Raises ImageFormatError FILE_UNREADABLE,
        PIXELS_UNSUPPORTED, VALUES_NOT_FINITE.
        """
        chosen = range(self.geometry.shape[0])[start:stop]
        volume = np.empty((len(chosen), *self.geometry.shape[1:]), np.int16)
        for place, index in enumerate(chosen):
            self.planes.read(index, volume[place])
        return volume

    def each(self, start: int = 0, stop: int | None = None) -> Iterator[np.ndarray]:
        """The slices one by one, int16 (rows, columns). Each is overwritten by the next: copy what is kept.

        Raises as `read`.
        """
        plane = np.empty(self.geometry.shape[1:], np.int16)
        for index in range(self.geometry.shape[0])[start:stop]:
            self.planes.read(index, plane)
            yield plane

    def require_length(self, needed_mm: float, what: str) -> None:
        """Raises ImageFormatError BODY_PART_NOT_COVERED when the slices cover less than `needed_mm`.

        what: for the message, such as `the spine from T12 to the sacrum`.
        """
        covered = self.geometry.head_length_mm
        if covered < needed_mm:
            raise refused(
                f"The {self.geometry.shape[0]} slices cover {mm(covered)}; {what} needs at least "
                f"{mm(needed_mm)}. Send a series that reaches further.",
                reason="BODY_PART_NOT_COVERED",
                covered_mm=f"{covered:.1f}",
                needed_mm=f"{needed_mm:.1f}",
            )
