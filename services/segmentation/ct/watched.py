"""A CT whose slices are counted as they are read, and whose reading stops when the run is cancelled."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from services.segmentation.ct.reading import CtImage

_EVERY = 8
"""A message of progress for so many slices: one each would cost more than the slice."""


def watched(image: CtImage, report: Callable[[int, int], None], check: Callable[[], None]) -> CtImage:
    """The same image. report: slices read of those that there are, each counted once, never beyond them.

    check: called before each slice; may raise to stop.
    """
    return replace(image, planes=_Watched(image, report, check))


class _Watched:
    def __init__(self, image: CtImage, report: Callable[[int, int], None], check: Callable[[], None]) -> None:
        self._image = image
        self._report = report
        self._check = check
        self._seen: set[int] = set()

    def read(self, index: int, out: np.ndarray) -> None:
        """See Planes."""
        self._check()
        if index not in self._seen:
            if len(self._seen) % _EVERY == 0:
                self._report(len(self._seen), self._image.geometry.shape[0])
            self._seen.add(index)
        self._image.planes.read(index, out)
