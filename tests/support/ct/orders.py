"""One volume in every order that a NIfTI file may store its axes in."""

from itertools import permutations, product
from typing import Any

import nibabel as untyped_nibabel

from services.segmentation.ct.measure.masks import ras_affine
from services.segmentation.ct.reading import CtImage
from tests.support.ct.spines import flipped

nibabel: Any = untyped_nibabel

Order = tuple[tuple[int, int, int], tuple[int, ...]]
"""The axes of the volume as the file's slices, rows and columns; and those that it stores backwards."""

ORDERS: list[Order] = [
    ((a, b, c), tuple(axis for axis, turned in enumerate(turns) if turned))
    for a, b, c in permutations(range(3))
    for turns in product((False, True), repeat=3)
]
"""All 48."""


def as_nifti(image: CtImage, order: Order) -> bytes:
    """The file of an image in another order; every voxel stays where it is in the patient."""
    axes, turned = order
    stored = flipped(image, turned)
    affine = ras_affine(stored.geometry.transposed(axes))
    content: bytes = nibabel.Nifti1Image(stored.read().transpose(axes).T, affine).to_bytes()
    return content
