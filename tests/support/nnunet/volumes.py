"""Small volumes as NIfTI files."""

from pathlib import Path
from typing import Any

import nibabel
import numpy as np

# LPS to the frame of NIfTI, and millimetres a voxel of columns, rows and slices.
AFFINE = np.diag([-1.5, -1.5, 2.0, 1.0])


def write_nifti(path: Path, shape: tuple[int, int, int] = (12, 24, 20), seed: int = 1) -> np.ndarray:
    """Writes float32 values of (slices, rows, columns) and returns them."""
    values = np.random.default_rng(seed).normal(50, 300, shape).astype(np.float32)
    image: Any = nibabel.Nifti1Image(values.transpose(2, 1, 0), AFFINE)  # type: ignore[no-untyped-call]
    image.to_filename(path)
    return values


def read_mask(content: bytes, path: Path) -> tuple[np.ndarray, np.ndarray]:
    """The labels of a .nii.gz as (slices, rows, columns), and its affine."""
    path.write_bytes(content)
    image: Any = nibabel.load(path)
    return np.asarray(image.dataobj).transpose(2, 1, 0), image.affine
