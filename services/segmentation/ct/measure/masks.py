"""Masks as NIfTI over the whole study, written slice by slice.

They have the study's own grid and not only the slices of L3: so they lie over it in every viewer, also in
those that ask for equal sizes, and a program finds the same voxel by the same index. What is empty packs to
nothing.
"""

import zlib
from collections.abc import Iterator
from typing import Any

import nibabel
import numpy as np

from services.segmentation.ct.reading import Geometry
from services.segmentation.pictures.notice import NOTICE

_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
_GZIP = 16 + zlib.MAX_WBITS


def nifti_bytes(
    labels: np.ndarray,
    first: int,
    geometry: Geometry,
    *,
    stored_axes: tuple[int, int, int] = (0, 1, 2),
    notice: str = NOTICE,
) -> bytes:
    """A .nii.gz of the volume's size with these labels in their slices, 0 elsewhere.

    labels: uint8 or uint16 (slices, rows, columns), from slice first on. stored_axes: as of CtImage; the mask
    has the axes of the image's file. The same bytes for the same labels. notice: what the header says of the
    file.
    """
    slices, rows, columns = (stored_axes.index(axis) for axis in range(3))
    back = (slices, rows, columns)
    start = tuple(first if axis == 0 else 0 for axis in back)
    packer = zlib.compressobj(level=1, wbits=_GZIP)
    parts = _parts(labels.transpose(back), start, geometry.transposed(back), notice)
    return b"".join([*(packer.compress(part) for part in parts), packer.flush()])


def ras_affine(geometry: Geometry) -> np.ndarray:
    """float64 (4, 4): NIfTI's index (column, row, slice) to its frame, x to the right, y to the front."""
    affine: np.ndarray = _LPS_TO_RAS @ geometry.affine[:, [2, 1, 0, 3]]
    return affine


def _parts(labels: np.ndarray, start: tuple[int, ...], geometry: Geometry, notice: str) -> Iterator[bytes]:
    """Header and slices of a volume that is empty but for labels from a voxel on."""
    slices, rows, columns = geometry.shape
    yield _header(geometry, labels.dtype, notice)
    empty, plane = bytes(rows * columns * labels.itemsize), np.zeros((rows, columns), labels.dtype)
    inside = plane[start[1] : start[1] + labels.shape[1], start[2] : start[2] + labels.shape[2]]
    for index in range(slices):
        if start[0] <= index < start[0] + len(labels):
            inside[...] = labels[index - start[0]]
            yield plane.tobytes()
        else:
            yield empty


def _header(geometry: Geometry, kind: np.dtype[Any], notice: str) -> bytes:
    # nibabel has no types of its own.
    header: Any = nibabel.Nifti1Header()  # type: ignore[no-untyped-call]
    affine = ras_affine(geometry)
    header.set_data_dtype(kind)
    header.set_data_shape(geometry.shape[::-1])
    header.set_qform(affine, code=1)
    header.set_sform(affine, code=1)
    header.set_xyzt_units("mm")
    header["descrip"] = notice.encode()
    header["magic"] = b"n+1"
    header["vox_offset"] = 352
    return bytes(header.binaryblock) + bytes(4)
