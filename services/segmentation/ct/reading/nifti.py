"""Reads a NIfTI volume: its geometry at once, its voxels slice by slice out of the mapped file."""

import struct
from dataclasses import dataclass, field, replace

import numpy as np
from nibabel.filebasedimages import ImageFileError
from nibabel.spatialimages import HeaderDataError
from nibabel.wrapstruct import WrapStructError

from services.segmentation.ct.reading.files.resident import Resident
from services.segmentation.ct.reading.geometry import Geometry
from services.segmentation.ct.reading.hounsfield import to_hounsfield
from services.segmentation.ct.reading.limits import CtLimits
from services.segmentation.ct.reading.nifti_header import geometry_of, nifti_header, shape_of
from services.segmentation.ct.reading.refusals import damaged, refused
from services.segmentation.ct.reading.turned import TurnedBlock

_FILE = "the NIfTI file"
_UNREADABLE = (
    *(HeaderDataError, WrapStructError, ImageFileError, ValueError, TypeError, LookupError, OSError),
    *(ArithmeticError, struct.error, EOFError),
)
"""What nibabel raises on hostile headers."""


@dataclass(frozen=True)
class NiftiPlanes:
    """The planes of a volume. view: of the file. voxels: as stored, (slices, rows, columns), or turned."""

    view: memoryview
    voxels: np.ndarray
    slope: float
    intercept: float
    resident: Resident = field(default_factory=Resident)
    block: TurnedBlock = field(default_factory=TurnedBlock)

    def turned(self, axes: tuple[int, int, int]) -> "NiftiPlanes":
        """The planes along another axis. axes: of the voxels as stored, in their new order."""
        return replace(self, voxels=self.voxels.transpose(axes), block=TurnedBlock())

    def read(self, index: int, out: np.ndarray) -> None:
        """Fills `out`, int16 (rows, columns), with a slice. Raises ImageFormatError VALUES_NOT_FINITE."""
        values = self.voxels[index]
        if not values.flags.c_contiguous:
            values = self.block.plane(self.voxels, index, self.view, self.resident)
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            raise refused(
                f"Slice {index + 1} holds values that are no numbers. Convert the series again.",
                reason="VALUES_NOT_FINITE",
                slices=index + 1,
            )
        to_hounsfield(
            values.astype(values.dtype.newbyteorder("="), copy=False), self.slope, self.intercept, out
        )
        self.resident.touch(self.view, values.nbytes)


def open_nifti(view: memoryview, limits: CtLimits) -> tuple[Geometry, NiftiPlanes]:
    """The geometry and the planes of a NIfTI-1 or NIfTI-2 file whose header and voxels are one file.

    Columns follow the first index of the file, rows the second, slices the third. A length without a unit is
    taken for mm. Raises ImageFormatError: FILE_UNREADABLE, GEOMETRY_MISSING, GANTRY_TILT,
    PIXELS_UNSUPPORTED, TOO_FEW_SLICES, TOO_MANY_SLICES.
    """
    try:
        header = nifti_header(view)
        columns, rows, slices = shape_of(header)
        kind = header.get_data_dtype()
        begin = int(header.get_data_offset())
        slope, intercept = header.get_slope_inter()
        geometry = geometry_of(header, (slices, rows, columns))
    except _UNREADABLE:
        raise damaged(_FILE) from None
    if kind.kind not in "iuf" or kind.itemsize > 8:
        raise refused(
            "The voxels of the NIfTI file are colours or complex numbers. Send the CT itself.",
            reason="PIXELS_UNSUPPORTED",
        )
    _check_size(geometry, limits)
    if begin < 0 or begin + slices * rows * columns * kind.itemsize > len(view):
        raise damaged(_FILE)
    voxels = np.frombuffer(view, kind, slices * rows * columns, begin).reshape(slices, rows, columns)
    scaled = slope is not None and np.isfinite([slope, intercept]).all()
    return geometry, NiftiPlanes(
        view, voxels, float(slope) if scaled else 1.0, float(intercept) if scaled else 0.0
    )


def _check_size(geometry: Geometry, limits: CtLimits) -> None:
    slices, rows, columns = geometry.shape
    least = max(2, limits.min_slices)
    if slices < least:
        raise refused(
            f"The volume has only {slices} slices; at least {least} are needed. Send the whole series.",
            reason="TOO_FEW_SLICES",
            slices=slices,
            needed=least,
        )
    if slices > limits.max_slices or max(rows, columns) > limits.max_side:
        raise refused(
            f"The volume has {columns} x {rows} x {slices} voxels; at most {limits.max_side} a side and "
            f"{limits.max_slices} slices are read. Send a part of it.",
            reason="TOO_MANY_SLICES",
            slices=slices,
            limit_slices=limits.max_slices,
        )
