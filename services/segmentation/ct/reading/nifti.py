"""Reads a NIfTI volume: its geometry at once, its voxels slice by slice out of the mapped file."""

import struct
from dataclasses import dataclass
from typing import Any

import nibabel
import numpy as np
from nibabel.filebasedimages import ImageFileError
from nibabel.spatialimages import HeaderDataError
from nibabel.wrapstruct import WrapStructError

from services.segmentation.ct.reading.files.view_file import ViewFile
from services.segmentation.ct.reading.geometry import Geometry, Vector
from services.segmentation.ct.reading.hounsfield import to_hounsfield
from services.segmentation.ct.reading.limits import CtLimits
from services.segmentation.ct.reading.refusals import damaged, refused

_FILE = "the NIfTI file"
_MM = {"unknown": 1.0, "mm": 1.0, "meter": 1000.0, "micron": 0.001}
_RIGHT_ANGLE_WITHIN = 1e-3
_RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0])
_UNREADABLE = (
    *(HeaderDataError, WrapStructError, ImageFileError, ValueError, TypeError, LookupError, OSError),
    *(ArithmeticError, struct.error, EOFError),
)
"""What nibabel raises on hostile headers."""

_HEADER_BYTES = 16 << 20
"""More than any header with its extensions."""


@dataclass(frozen=True)
class NiftiPlanes:
    """The planes of a volume. voxels: as stored, (slices, rows, columns)."""

    voxels: np.ndarray
    slope: float
    intercept: float

    def read(self, index: int, out: np.ndarray) -> None:
        """Fills `out`, int16 (rows, columns), with a slice. Raises ImageFormatError VALUES_NOT_FINITE."""
        values = self.voxels[index]
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            raise refused(
                f"Slice {index + 1} holds values that are no numbers. Convert the series again.",
                reason="VALUES_NOT_FINITE",
                slices=index + 1,
            )
        to_hounsfield(
            values.astype(values.dtype.newbyteorder("="), copy=False), self.slope, self.intercept, out
        )


def open_nifti(view: memoryview, limits: CtLimits) -> tuple[Geometry, NiftiPlanes]:
    """The geometry and the planes of a NIfTI-1 or NIfTI-2 file whose header and voxels are one file.

    Columns follow the first index of the file, rows the second, slices the third. A length without a unit is
    taken for mm. Raises ImageFormatError: FILE_UNREADABLE, GEOMETRY_MISSING, GANTRY_TILT,
    PIXELS_UNSUPPORTED, TOO_FEW_SLICES, TOO_MANY_SLICES.
    """
    try:
        header = _header(view)
        columns, rows, slices = _shape(header)
        kind = header.get_data_dtype()
        begin = int(header.get_data_offset())
        slope, intercept = header.get_slope_inter()
        geometry = _geometry(header, (slices, rows, columns))
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
    return geometry, NiftiPlanes(voxels, float(slope) if scaled else 1.0, float(intercept) if scaled else 0.0)


def _header(view: memoryview) -> Any:
    if bytes(view[344:347]) == b"ni1" or bytes(view[4:7]) == b"ni2":
        raise refused(
            "The NIfTI file is only a header; its voxels are in another file. Send them as one file.",
            reason="PIXELS_UNSUPPORTED",
        )
    first = {int.from_bytes(view[:4], "little"), int.from_bytes(view[:4], "big")}
    # nibabel has no types of its own.
    kind: Any = nibabel.Nifti2Header if 540 in first else nibabel.Nifti1Header
    return kind.from_fileobj(ViewFile(view, _HEADER_BYTES), check=False)


def _shape(header: Any) -> tuple[int, int, int]:
    shape = tuple(int(one) for one in header.get_data_shape())
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    if len(shape) != 3:
        raise refused(
            f"The NIfTI file has {len(shape)} dimensions. Send one volume of three.",
            reason="PIXELS_UNSUPPORTED",
        )
    if min(shape) < 1:
        raise ValueError("a dimension without an extent")
    return shape[0], shape[1], shape[2]


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


def _geometry(header: Any, shape: tuple[int, int, int]) -> Geometry:
    """From the sform, else the qform (as nibabel and ITK choose), turned from RAS to LPS."""
    if not int(header["sform_code"]) and not int(header["qform_code"]):
        raise refused(
            "The NIfTI file does not say how it lies in the patient. Convert the series again, with its "
            "orientation.",
            reason="GEOMETRY_MISSING",
        )
    affine = np.asarray(header.get_best_affine(), np.float64)
    millimetres = _MM.get(header.get_xyzt_units()[0], 1.0)
    axes = _RAS_TO_LPS @ affine[:3, :3] * millimetres
    spacing = np.linalg.norm(axes, axis=0)
    if not np.isfinite(affine).all() or not (spacing > 0).all():
        raise ValueError("an affine that is none")
    directions = axes / spacing
    lean = np.abs(directions.T @ directions - np.eye(3)).max()
    if lean > _RIGHT_ANGLE_WITHIN:
        raise refused(
            f"The axes of the volume are not at right angles, by {np.degrees(np.arcsin(min(lean, 1.0))):.1f} "
            "degrees: its gantry was tilted. Send a series reconstructed without tilt.",
            reason="GANTRY_TILT",
            degrees=f"{np.degrees(np.arcsin(min(lean, 1.0))):.2f}",
        )
    origin = _RAS_TO_LPS @ affine[:3, 3] * millimetres
    return Geometry(
        shape=shape,
        spacing_mm=_vector(spacing[::-1]),
        directions=(_vector(directions[:, 2]), _vector(directions[:, 1]), _vector(directions[:, 0])),
        origin_mm=_vector(origin),
    )


def _vector(parts: np.ndarray) -> Vector:
    x, y, z = (float(part) for part in parts)
    return x, y, z
