"""The header of a NIfTI file: how large its volume is, and where it lies in the patient."""

from typing import Any

import nibabel
import numpy as np

from services.segmentation.ct.reading.files.view_file import ViewFile
from services.segmentation.ct.reading.geometry import Geometry, Vector
from services.segmentation.ct.reading.refusals import refused

_MM = {"unknown": 1.0, "mm": 1.0, "meter": 1000.0, "micron": 0.001}
_RIGHT_ANGLE_WITHIN = 1e-3
_RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0])
_HEADER_BYTES = 16 << 20
"""More than any header with its extensions."""


def nifti_header(view: memoryview) -> Any:
    """nibabel's header. Raises ImageFormatError PIXELS_UNSUPPORTED without voxels in the file."""
    if bytes(view[344:347]) == b"ni1" or bytes(view[4:7]) == b"ni2":
        raise refused(
            "The NIfTI file is only a header; its voxels are in another file. Send them as one file.",
            reason="PIXELS_UNSUPPORTED",
        )
    first = {int.from_bytes(view[:4], "little"), int.from_bytes(view[:4], "big")}
    # nibabel has no types of its own.
    kind: Any = nibabel.Nifti2Header if 540 in first else nibabel.Nifti1Header
    return kind.from_fileobj(ViewFile(view, _HEADER_BYTES), check=False)


def shape_of(header: Any) -> tuple[int, int, int]:
    """Columns, rows, slices. Raises ImageFormatError PIXELS_UNSUPPORTED, ValueError."""
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


def geometry_of(header: Any, shape: tuple[int, int, int]) -> Geometry:
    """From the sform, else the qform (as nibabel and ITK choose), turned from RAS to LPS.

    shape: slices, rows, columns. Raises ImageFormatError GEOMETRY_MISSING, GANTRY_TILT; ValueError.
    """
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
