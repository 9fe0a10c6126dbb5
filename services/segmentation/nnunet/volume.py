"""The images of a task as the array that a network of nnU-Net sees, and its mask back on their grid."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from radmesh.errors import ImageFormatError
from services.segmentation.ct.reading import CtImage, CtLimits, Geometry, open_ct, upright
from services.segmentation.ct.reading.nifti import NiftiPlanes

_SAME_MM = 0.01
"""Channels whose corners are nearer than this lie on one grid."""


@dataclass(frozen=True)
class Volume:
    """channels: float32 (channels, slices, rows, columns). geometry: of the first image, which all share.

    warnings: what people should know of how the images were read.
    """

    channels: np.ndarray
    geometry: Geometry
    warnings: tuple[str, ...] = ()

    def seen_by(self, reader: str) -> tuple[np.ndarray, tuple[float, ...]]:
        """The channels in the axis order of a reader that plans name, and its spacing in mm.

        Readers `…WithReorient` turn every image to RAS; the others leave the axes as they are stored.
        """
        if not reader.endswith("WithReorient"):
            return self.channels, self.geometry.spacing_mm
        turned = np.stack([_to_ras(one, self.geometry) for one in self.channels])
        return turned, upright(self.channels[0], self.geometry)[1].spacing_mm

    def back(self, labels: np.ndarray, reader: str) -> np.ndarray:
        """A mask of `seen_by`'s image on the grid of the images."""
        if not reader.endswith("WithReorient"):
            return labels
        mask = np.empty(self.geometry.shape, labels.dtype)
        _to_ras(mask, self.geometry)[...] = labels
        return mask


def read_volume(
    paths: Sequence[Path], names: Sequence[str], limits: CtLimits, tell: Callable[[int], None]
) -> Volume:
    """Reads one image for each channel. names: of the channels. tell: called with the images that were read.

    Raises ImageFormatError: CHANNELS_MISMATCH, CHANNEL_GRIDS_DIFFER, and those of `open_ct`.
    """
    if len(paths) != len(names):
        raise ImageFormatError(
            f"The model needs {len(names)} images, one for each channel ({', '.join(names)}) in this order; "
            f"{len(paths)} came.",
            reason="CHANNELS_MISMATCH",
            metadata={"needed": str(len(names)), "given": str(len(paths))},
        )
    geometry: Geometry | None = None
    channels: np.ndarray | None = None
    warnings = []
    for number, path in enumerate(paths):
        tell(number)
        image = open_ct(path, limits)
        if geometry is None or channels is None:
            geometry = image.geometry
            channels = np.empty((len(paths), *geometry.shape), np.float32)
        elif not _same_grid(geometry, image.geometry):
            raise ImageFormatError(
                f"Channel {names[number]} lies on another grid than {names[0]}: "
                f"{image.geometry.shape} voxels against {geometry.shape}, or another place. Resample it to "
                "the first one.",
                reason="CHANNEL_GRIDS_DIFFER",
                metadata={"channel": names[number]},
            )
        _fill(channels[number], image)
        if image.other_series:
            warnings.append(image.other_series)
    assert geometry is not None
    assert channels is not None
    return Volume(channels, geometry, tuple(warnings))


def _fill(channel: np.ndarray, image: CtImage) -> None:
    planes = image.planes
    if isinstance(planes, NiftiPlanes):
        # Not by way of Hounsfield units: these may be any values, and whole numbers are not all there are.
        for index, plane in enumerate(planes.voxels):
            channel[index] = plane * planes.slope + planes.intercept
            planes.resident.touch(planes.view, plane.nbytes)
        return
    for index, plane in enumerate(image.each()):
        channel[index] = plane


def _same_grid(one: Geometry, other: Geometry) -> bool:
    if one.shape != other.shape:
        return False
    far = tuple(float(size - 1) for size in one.shape)
    corners = [(0.0, 0.0, 0.0), far, (far[0], 0.0, 0.0), (0.0, far[1], 0.0)]
    return all(
        np.allclose(one.position_mm(corner), other.position_mm(corner), rtol=0, atol=_SAME_MM)  # type: ignore[arg-type]
        for corner in corners
    )


def _to_ras(voxels: np.ndarray, geometry: Geometry) -> np.ndarray:
    """A view whose slices go to the head, rows to the front and columns to the patient's right."""
    return upright(voxels, geometry)[0][:, ::-1, ::-1]
