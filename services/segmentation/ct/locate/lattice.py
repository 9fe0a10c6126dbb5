"""Regular grids pinned to absolute millimetres, and the weights that bring a row of samples onto one."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

_SUBDIVISION = 4
"""A cell is the mean of so many points: enough for pixels of a quarter of it."""


@dataclass(frozen=True)
class Lattice:
    """Cells whose centres are whole multiples of a pitch; start, stop: the first multiple, and past the last.

    Nothing of it follows the first voxel of a volume: a study that is cropped or padded has the same centres.
    """

    pitch_mm: float
    start: int
    stop: int

    @property
    def centres_mm(self) -> np.ndarray:
        """float64 (stop - start,)."""
        return np.arange(self.start, self.stop) * self.pitch_mm

    def __len__(self) -> int:
        return self.stop - self.start


@dataclass(frozen=True)
class Samples:
    """Where the samples along one axis are: the centre of the first, the step to the next, how many."""

    first_mm: float
    step_mm: float
    count: int

    @property
    def last_mm(self) -> float:
        """The centre of the last."""
        return self.first_mm + (self.count - 1) * self.step_mm

    def lattice(self, pitch_mm: float) -> Lattice:
        """The cells whose centres lie among the samples' cells."""
        low, high = self.first_mm - self.step_mm / 2, self.last_mm + self.step_mm / 2
        return Lattice(pitch_mm, int(np.ceil(low / pitch_mm)), int(np.floor(high / pitch_mm)) + 1)

    def nearest(self, places_mm: np.ndarray) -> np.ndarray:
        """The index of the sample nearest to each place, of two equally near ones the lower."""
        index = np.round((places_mm - self.first_mm) / self.step_mm, 4)
        chosen: np.ndarray = np.clip(np.ceil(index - 0.5), 0, self.count - 1).astype(np.intp)
        return chosen


def weights(centres_mm: np.ndarray, widths_mm: float, samples: Samples) -> sparse.csr_matrix:
    """The mean, over a width around each centre, of what is interpolated linearly between samples.

    float32 (centres, samples), applied by `@`. A row sums to 1, or to 0 where its whole width is outside.
    Width 0 is the value at the centre.
    """
    number = _SUBDIVISION * max(1, round(widths_mm / 1.5)) if widths_mm else 1
    shift = ((np.arange(number) + 0.5) / number - 0.5) * widths_mm
    # Rounded, so that an origin that was added up otherwise does not change the last bit of a weight.
    index = _snapped((centres_mm[:, None] + shift - samples.first_mm) / samples.step_mm)
    inside = (index >= -0.5) & (index <= samples.count - 0.5)
    index = np.clip(index, 0, samples.count - 1)
    low = np.minimum(np.floor(index).astype(np.intp), max(0, samples.count - 2))
    above = index - low
    share = inside / np.maximum(inside.sum(1, keepdims=True), 1)
    rows = np.broadcast_to(np.arange(len(centres_mm))[:, None], low.shape)
    high = np.minimum(low + 1, samples.count - 1)
    matrix = sparse.coo_matrix(
        (
            np.concatenate([(share * (1 - above)).ravel(), (share * above).ravel()]),
            (np.concatenate([rows.ravel()] * 2), np.concatenate([low.ravel(), high.ravel()])),
        ),
        shape=(len(centres_mm), samples.count),
    ).tocsr()
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    return matrix.astype(np.float32)


def _snapped(index: np.ndarray) -> np.ndarray:
    """To 1/65536, which whole steps leave as it is; what is as near to two of them goes to the upper one."""
    snapped: np.ndarray = np.floor(index * 65536 + 0.5 + 1e-4) / 65536
    return snapped
