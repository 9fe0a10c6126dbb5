"""A coarse look at the whole study, from one slice every few millimetres: enough to find the spine."""

from dataclasses import dataclass

import numpy as np

from services.segmentation.ct.locate.lattice import Lattice, weights
from services.segmentation.ct.locate.stack import AIR_HU, Stack

HEIGHT_MM = 6.0
CELL_MM = 3.0


@dataclass(frozen=True)
class Survey:
    """Means over cells of 3 mm on the slices nearest to every 6 mm: int16 HU (heights, depths, sides)."""

    hu: np.ndarray
    heights: Lattice
    depths: Lattice
    sides: Lattice


def survey(stack: Stack) -> Survey:
    """Reads about one slice in 6 mm. Raises as CtImage.read."""
    heights = stack.heights.lattice(HEIGHT_MM)
    depths, sides = stack.depths.lattice(CELL_MM), stack.sides.lattice(CELL_MM)
    down = weights(depths.centres_mm, CELL_MM, stack.depths)
    across = weights(sides.centres_mm, CELL_MM, stack.sides)
    hu = np.full((len(heights), len(depths), len(sides)), AIR_HU, np.int16)
    last = -1
    for place, index in enumerate(stack.heights.nearest(heights.centres_mm)):
        if index == last:
            hu[place] = hu[place - 1]
        else:
            hu[place] = np.rint((across @ (down @ stack.plane(int(index))).T).T)
        last = index
    return Survey(hu, heights, depths, sides)
