"""One slice: its compartments by the network, in the patient's upright frame and back."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from services.segmentation.ct.measure.cleaning import cleaned
from services.segmentation.ct.measure.sampling import Axis, labels_from_scores, network_axis, to_network
from services.segmentation.ct.reading import Geometry, upright

Network = Callable[[np.ndarray], np.ndarray]
"""From float32 (1, 1, rows, columns) in HU at 1.5 mm, rows from front to back, columns from the patient's
right to left, to scores float32 (6, 1, rows, columns), one for each Compartment: the largest decides. Logits,
or logarithms of probabilities; between pixels they are interpolated."""

LEAST_PROBABILITY = 1e-6
"""Below this a class is impossible; its logarithm would drown all others between pixels."""

_BODY_HU = -350
_SMALLEST_BODY_MM2 = 5000.0


@dataclass(frozen=True)
class Framing:
    """A slice upright: hu int16 (rows, columns), its axes, and those of the network's image of it."""

    hu: np.ndarray
    rows: Axis
    columns: Axis
    to_rows: Axis
    to_columns: Axis


def framing_of(plane: np.ndarray, geometry: Geometry) -> Framing | None:
    """How the network sees a slice: the body with a margin of air; None where there is no body.

    plane: int16 HU (rows, columns); geometry: of this slice alone.
    """
    seen, turned = upright(plane[np.newaxis], geometry)
    rows, columns = _axis(turned, 1), _axis(turned, 2)
    box = _body_box(seen[0], rows.pitch_mm * columns.pitch_mm)
    if box is None:
        return None
    to_rows, to_columns = (
        network_axis(axis, side.start, side.stop - 1) for axis, side in zip((rows, columns), box, strict=True)
    )
    return Framing(seen[0], rows, columns, to_rows, to_columns)


def scores_of(probabilities: np.ndarray) -> np.ndarray:
    """What a Network answers, from probabilities of the same shape.

    Logarithms, since a straight line between probabilities would draw every outline half-way between pixels
    (docs/decisions.md, 6); they differ from logits by the same number for all classes of a pixel.
    """
    scores: np.ndarray = np.log(np.maximum(probabilities, LEAST_PROBABILITY, dtype=np.float32))
    return scores


def compartments_of(plane: np.ndarray, geometry: Geometry, network: Network) -> np.ndarray | None:
    """The Compartment of each pixel, uint8 (rows, columns) as the slice; None where there is no body.

    Arguments as of framing_of.
    """
    framing = framing_of(plane, geometry)
    if framing is None:
        return None
    axes = framing.rows, framing.columns, framing.to_rows, framing.to_columns
    image = np.ascontiguousarray(to_network(framing.hu, *axes))
    labels = labels_from_scores(network(image[np.newaxis, np.newaxis])[:, 0], *axes)
    found = np.empty(plane.shape, np.uint8)
    pixel_mm2 = framing.rows.pitch_mm * framing.columns.pitch_mm
    upright(found[np.newaxis], geometry)[0][0] = cleaned(labels, pixel_mm2)
    return found


def _axis(geometry: Geometry, axis: int) -> Axis:
    """Rows or columns of an upright slice, in mm along their direction from the frame's origin."""
    start = float(np.dot(geometry.origin_mm, geometry.directions[axis]))
    return Axis(start, geometry.spacing_mm[axis], geometry.shape[axis])


def _body_box(hu: np.ndarray, pixel_mm2: float) -> tuple[slice, slice] | None:
    """Around all that is large enough to be a body or an arm, without the table's thin plates."""
    solid = ndimage.binary_opening(hu > _BODY_HU, np.ones((5, 5)))
    parts, count = ndimage.label(solid)
    if not count:
        return None
    sizes = np.bincount(parts.ravel())[1:] * pixel_mm2
    largest = int(sizes.argmax())
    if sizes[largest] < _SMALLEST_BODY_MM2:
        return None
    rows, columns = ndimage.find_objects(parts)[largest]
    return rows, columns
