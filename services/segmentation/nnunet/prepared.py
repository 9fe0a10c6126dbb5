"""An image as the network sees it: what nnU-Net's preprocessing makes of it, without what nobody needs then.

The steps and functions are those of its DefaultPreprocessor. Left out are a segmentation of nothing that it
resamples along, and the filling of holes where no mask is asked for: half of its time.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from acvl_utils.cropping_and_padding.bounding_boxes import bounding_box_to_slice, get_bbox_from_mask
from nnunetv2.preprocessing.cropping.cropping import crop_to_nonzero
from nnunetv2.preprocessing.preprocessors.default_preprocessor import DefaultPreprocessor
from nnunetv2.preprocessing.resampling.default_resampling import compute_new_shape
from nnunetv2.utilities.label_handling.label_handling import convert_labelmap_to_one_hot

from services.segmentation.nnunet.images import check_grid
from services.segmentation.nnunet.stage import Stage

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Prepared:
    """data: float32 (channels, *axes in the network's order), at the network's spacing.

    whole: the image's shape in the network's axis order. box: where, in that, the part lies which is not zero
    all over, as (start, stop) for each axis. spacing, network_spacing: mm, in the network's axis order.
    """

    data: torch.Tensor
    whole: Shape
    box: tuple[tuple[int, int], ...]
    spacing: tuple[float, ...]
    network_spacing: tuple[float, ...]

    @property
    def cropped(self) -> Shape:
        """The shape of the part, before it was resampled."""
        return tuple(stop - start for start, stop in self.box)

    def shape_for(self, stage: Stage) -> Shape:
        """The shape that the part has at the spacing of a stage. Raises ImageFormatError GRID_IMPLAUSIBLE."""
        return _shape_at(self.cropped, self.spacing, _target(stage, self.spacing))


def prepare(
    image: np.ndarray, spacing_mm: Sequence[float], stage: Stage, before: np.ndarray | None = None
) -> Prepared:
    """Transposes, crops, normalises and resamples an image.

    image: float32 (channels, slices, rows, columns), left as it is. before: the mask of the stage before in a
    cascade, (slices, rows, columns). Raises ImageFormatError GRID_IMPLAUSIBLE.
    """
    plans, configuration = stage.plans, stage.configuration
    forward = plans.transpose_forward
    axes = [0, *(axis + 1 for axis in forward)]
    data = image.astype(np.float32).transpose(axes)  # a copy: normalising writes
    mask = None if before is None else before.astype(np.float32)[None].transpose(axes)
    spacing = [float(spacing_mm[axis]) for axis in forward]
    whole = data.shape[1:]
    if mask is not None or any(configuration.use_mask_for_norm):
        data, mask_or_outside, box = crop_to_nonzero(data, mask)
    else:
        box = get_bbox_from_mask(np.any(data != 0, axis=0) if len(data) > 1 else data[0] != 0)
        data = data[(slice(None), *bounding_box_to_slice(box))]
        mask_or_outside = np.broadcast_to(np.int8(0), (1, *data.shape[1:]))
    target = _target(stage, spacing)
    new_shape = _shape_at(data.shape[1:], spacing, target)
    data = DefaultPreprocessor(verbose=False)._normalize(
        data, mask_or_outside, configuration, plans.foreground_intensity_properties_per_channel
    )
    data = configuration.resampling_fn_data(data, new_shape, spacing, target)
    if mask is not None:
        seg = configuration.resampling_fn_seg(mask_or_outside, new_shape, spacing, target)
        seg = seg.astype(np.int16 if np.max(seg) > 127 else np.int8)
        data = np.vstack(
            (data, convert_labelmap_to_one_hot(seg[0], stage.labels.foreground_labels, data.dtype))
        )
    return Prepared(
        torch.from_numpy(np.ascontiguousarray(data, np.float32)),
        tuple(whole),
        tuple((int(start), int(stop)) for start, stop in box),
        tuple(spacing),
        tuple(target),
    )


def _shape_at(shape: Sequence[int], spacing: Sequence[float], target: Sequence[float]) -> Shape:
    found = tuple(map(int, compute_new_shape(tuple(shape), tuple(spacing), tuple(target))))
    check_grid(found, target)
    return found


def _target(stage: Stage, spacing: Sequence[float]) -> list[float]:
    """The spacing of a stage; a network of planes leaves the distance of planes as it is."""
    target = [float(side) for side in stage.configuration.spacing]
    return target if len(target) == len(spacing) else [spacing[0], *target]
