"""Whether an image can be predicted at all."""

import math
from collections.abc import Sequence

import numpy as np

from radmesh.errors import ImageFormatError
from services.segmentation.nnunet.layout import SPACING_MM

MOST_VOXELS = 1 << 34
"""Of an image at the network's spacing: 64 GiB of single precision for one channel, before the first tile. A
trunk of 2,000 x 600 x 600 mm has fewer at 0.35 mm, finer than scanners see."""


def check_image(image: np.ndarray, spacing_mm: Sequence[float], channels: Sequence[str]) -> None:
    """Raises ImageFormatError for another number of channels, values that are not finite, and no spacing."""
    if image.ndim != 4 or 0 in image.shape:
        raise ImageFormatError(
            f"an image has channels, slices, rows and columns; this one is {image.shape}",
            reason="EMPTY_IMAGE",
        )
    if len(image) != len(channels):
        raise ImageFormatError(
            f"the model needs {len(channels)} channels ({', '.join(channels)}), but {len(image)} were given",
            reason="CHANNELS_MISMATCH",
            metadata={"needed": str(len(channels)), "given": str(len(image))},
        )
    least, most = SPACING_MM
    if len(spacing_mm) != 3 or not all(least <= side <= most for side in spacing_mm):
        raise ImageFormatError(
            f"by its header the image's voxels are {_by(spacing_mm)} mm apart; from {least:g} to {most:g} mm "
            "can be. Convert the image again with its spacing in mm",
            reason="SPACING_INVALID",
        )
    for channel, planes in zip(channels, image, strict=True):
        bad = [number for number, plane in enumerate(planes, 1) if not np.isfinite(plane).all()]
        if bad:
            raise ImageFormatError(
                f"{len(bad)} slices of channel {channel} hold infinite values or NaN, the first is slice "
                f"{bad[0]}; export the image again",
                reason="VALUES_NOT_FINITE",
                metadata={"slice": str(bad[0]), "slices": str(len(bad)), "channel": channel},
            )


def check_grid(shape: Sequence[int], spacing_mm: Sequence[float]) -> None:
    """Raises ImageFormatError GRID_IMPLAUSIBLE for what no machine holds, and for less than a voxel.

    shape: of the image at the network's spacing, in any order of axes.
    """
    voxels = math.prod(map(int, shape))
    if 0 < voxels <= MOST_VOXELS:
        return
    what = f"that are more than {MOST_VOXELS}" if voxels else "that are none"
    raise ImageFormatError(
        f"at the spacing that the model was trained at, {_by(spacing_mm)} mm, the image has {_by(shape)} "
        f"voxels, {what}. Check the spacing in the image's header, and whether the model is meant for it",
        reason="GRID_IMPLAUSIBLE",
        metadata={"voxels": str(voxels), "limit_voxels": str(MOST_VOXELS)},
    )


def _by(sides: Sequence[float]) -> str:
    return " x ".join(f"{side:g}" if isinstance(side, float) else str(side) for side in sides)
