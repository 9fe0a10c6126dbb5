"""Whether an image can be predicted at all."""

from collections.abc import Sequence

import numpy as np

from radmesh.errors import ImageFormatError


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
    if len(spacing_mm) != 3 or not all(np.isfinite(side) and side > 0 for side in spacing_mm):
        raise ImageFormatError(
            f"the distances of voxels must be above 0 mm; they are {', '.join(map(str, spacing_mm))}",
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
