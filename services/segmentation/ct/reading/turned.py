"""Slices across the order that a file stores its voxels in: taken out many at a time."""

import numpy as np

from services.segmentation.ct.reading.files.resident import Resident

_BLOCK_BYTES = 8 << 20
_TOUCHED_BYTES = 16 << 20


class TurnedBlock:
    """Neighbouring planes of a turned volume, copied together.

    One such plane has voxels on every page of the file: a file that were gone through for each of its planes
    would be read hundreds of times. And it is gone through in parts, whose pages are given back: a whole file
    in memory would count as this process's.
    """

    def __init__(self) -> None:
        self._first, self._planes = 0, np.empty(0)

    def plane(self, voxels: np.ndarray, index: int, view: memoryview, resident: Resident) -> np.ndarray:
        """One plane, contiguous. voxels: (slices, rows, columns), a transposed view of a file's."""
        if not self._first <= index < self._first + len(self._planes):
            many = max(1, _BLOCK_BYTES // max(1, voxels[0].nbytes))
            self._first = index - index % many
            self._planes = _copied(voxels[self._first : self._first + many], view, resident)
        plane: np.ndarray = self._planes[index - self._first]
        return plane


def _copied(voxels: np.ndarray, view: memoryview, resident: Resident) -> np.ndarray:
    """The voxels in their order, read in that of the file."""
    slowest = int(np.argmax(voxels.strides))
    source = np.moveaxis(voxels, slowest, 0)
    found = np.empty(voxels.shape, voxels.dtype)
    target = np.moveaxis(found, slowest, 0)
    stride = source.strides[0]
    part = max(1, _TOUCHED_BYTES // max(1, stride))
    for start in range(0, len(source), part):
        target[start : start + part] = source[start : start + part]
        resident.touch(view, min(part, len(source) - start) * stride)
    return found
