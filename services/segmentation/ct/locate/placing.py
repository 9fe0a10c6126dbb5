"""From a mask on the sagittal plane, or slices, to heights in the patient and the slices that are covered."""

from collections.abc import Sequence

import numpy as np

from services.segmentation.ct.locate.bodies import measured_mask
from services.segmentation.ct.locate.curve import SpineCurve
from services.segmentation.ct.locate.location import Covered
from services.segmentation.ct.locate.sagittal import Plane
from services.segmentation.ct.locate.stack import Stack
from services.segmentation.ct.reading import Vector


def place_of(mask: np.ndarray, plane: Plane, curve: SpineCurve, stack: Stack) -> tuple[Vector, float, float]:
    """Centre (LPS, mm) and z of both ends of a body, given as its mask on the plane."""
    height, depth, low, high = measured_mask(mask, plane)
    side = float(curve.side_at(np.array(height)))
    centre = stack.patient_mm(height, depth, side)
    return centre, centre[2] + stack.rise(low - height), centre[2] + stack.rise(high - height)


def covered(low_mm: float, middle_mm: float, high_mm: float, stack: Stack) -> Covered:
    """The slices whose middles lie between two heights; at least the one nearest to the middle."""
    samples = stack.heights
    heights = samples.first_mm + np.arange(samples.count) * samples.step_mm
    inside = np.flatnonzero((heights >= low_mm - 1e-3) & (heights <= high_mm + 1e-3))
    middle = int(samples.nearest(np.array(middle_mm)))
    if not len(inside):
        inside = np.array([middle])
    middle = int(np.clip(middle, inside[0], inside[-1]))
    ends = sorted(stack.stored(int(end)) for end in (inside[0], inside[-1]))
    return slices_named(ends[0], ends[1], stack.stored(middle), stack)


def slices_named(first: int, last: int, middle: int, stack: Stack) -> Covered:
    """With the instance numbers of DICOM."""
    numbers = instance_numbers(stack)
    ends = (first, last, middle)
    return Covered(*ends, *(numbers[index] if numbers else None for index in ends))


def instance_numbers(stack: Stack) -> Sequence[int] | None:
    """Of each slice as stored; None where one has none, or two share one: they name no slice then."""
    return stack.image.instance_numbers
