"""Whether all slices are of one make: size, spacing, orientation, kernel and phase. Refuses what is mixed."""

from collections.abc import Callable, Sequence

import numpy as np

from radmesh.errors import ImageFormatError
from services.segmentation.ct.reading.dicom.slices import Slice
from services.segmentation.ct.reading.dicom.values import shown
from services.segmentation.ct.reading.refusals import refused
from services.segmentation.ct.reading.wording import joined, named

_SAME_DIRECTION = 1e-3
"""By how much a component of two directions may differ: the digits that scanners write, 0.06 degrees."""

_SAME_SPACING = 1e-3
"""The same of two pixel spacings, as a share."""

_MOST_PARTS = 4

Parts = Sequence[tuple[str, Sequence[Slice]]]
"""What the slices of each part have in common, and the part; the largest first."""


def check_uniform(slices: Sequence[Slice]) -> None:
    """Raises ImageFormatError: SIZE_MIXED, ORIENTATION_MIXED, SPACING_MIXED, KERNELS_MIXED, PHASES_MIXED.

    Acquisition numbers may differ: scanners count them up within one volume. They are asked where slices lie
    in the same place (`gaps`).
    """
    sizes = by_text(slices, [f"{one.form.columns} x {one.form.rows} pixels" for one in slices])
    if len(sizes) > 1:
        raise mixed(sizes, "sizes", "Send the slices of one size.", reason="SIZE_MIXED")
    directions = np.array([(*one.place.along_row, *one.place.along_column) for one in slices])
    planes = _by_vector(slices, directions, _SAME_DIRECTION, _plane)
    if len(planes) > 1:
        raise mixed(planes, "orientations", "Send the axial slices alone.", reason="ORIENTATION_MIXED")
    spacings = np.log([one.place.spacing for one in slices])
    pixels = _by_vector(slices, spacings, _SAME_SPACING, _pixel)
    if len(pixels) > 1:
        raise mixed(pixels, "pixel spacings", "Send one reconstruction.", reason="SPACING_MIXED")
    kernels = by_text(slices, [shown(one.making.kernel or "no kernel") for one in slices])
    if len(kernels) > 1:
        raise mixed(kernels, "kernels", "Send one reconstruction.", reason="KERNELS_MIXED")
    phases = by_text(slices, [_phase(one) for one in slices])
    if len(phases) > 1:
        raise mixed(phases, "phases", "Send one of them.", reason="PHASES_MIXED")
    frames = by_text(slices, [one.making.frame_of_reference for one in slices])
    if len(frames) > 1:
        # Not by their UIDs, which lead to the patient.
        parts = [(f"position {number}", part) for number, (_, part) in enumerate(frames, start=1)]
        raise mixed(parts, "positions of the patient", "Send one of them.", reason="PHASES_MIXED")


def by_text(slices: Sequence[Slice], texts: Sequence[str]) -> Parts:
    """The parts whose slices have the same text."""
    parts: dict[str, list[Slice]] = {}
    for one, text in zip(slices, texts, strict=True):
        parts.setdefault(text, []).append(one)
    return sorted(parts.items(), key=lambda part: -len(part[1]))


def mixed(parts: Parts, what: str, advice: str, *, reason: str) -> ImageFormatError:
    """The error that tells the parts: `The series mixes 2 kernels: B30f (instances 1–60) and B70f (…)`."""
    told = [f"{text} ({named(one.name for one in part)})" for text, part in parts[:_MOST_PARTS]]
    if len(parts) > _MOST_PARTS:
        told.append(f"{len(parts) - _MOST_PARTS} more")
    return refused(
        f"The series mixes {len(parts)} {what}: {joined(told)}. {advice}", reason=reason, parts=len(parts)
    )


def _by_vector(
    slices: Sequence[Slice], vectors: np.ndarray, tolerance: float, text: Callable[[Slice], str]
) -> Parts:
    """The parts whose vectors (slices, numbers) are within a tolerance of the first one's in the part."""
    left = np.arange(len(slices))
    parts = []
    while len(left):
        close = np.abs(vectors[left] - vectors[left[0]]).max(axis=1) <= tolerance
        parts.append((text(slices[left[0]]), [slices[index] for index in left[close]]))
        left = left[~close]
    return sorted(parts, key=lambda part: -len(part[1]))


def _phase(one: Slice) -> str:
    kvp = "unknown voltage" if one.making.kvp is None else f"{one.making.kvp:g} kV"
    return f"{kvp}, {'with' if one.making.contrast else 'without'} contrast"


def _pixel(one: Slice) -> str:
    return f"{one.place.spacing[0]:g} x {one.place.spacing[1]:g} mm"


def _plane(one: Slice) -> str:
    normal = np.abs(np.cross(one.place.along_row, one.place.along_column))
    plane = ("sagittal", "coronal", "axial")[int(normal.argmax())]
    return plane if normal.max() > 0.999 else f"oblique {plane}"
