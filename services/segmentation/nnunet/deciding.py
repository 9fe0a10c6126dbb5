"""From logits at the network's spacing to decisions at the image's, a slab of planes at a time."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np
import torch

from services.segmentation.nnunet.prepared import Prepared
from services.segmentation.nnunet.resampled import class_by_class, linear_axes, resampled_slabs
from services.segmentation.nnunet.sliding import Slab
from services.segmentation.nnunet.stage import Stage


def decide(
    slabs: Iterable[Slab], stage: Stage, prepared: Prepared, checkpoint: Callable[[], None]
) -> np.ndarray:
    """The mask, uint8 or uint16 (slices, rows, columns), of logits at the network's spacing.

    checkpoint: called now and then; may raise.
    """
    labels = stage.labels
    kind = np.uint8 if len(labels.foreground_labels) < 255 else np.uint16
    whole = np.zeros(prepared.whole, kind)
    part = whole[tuple(slice(*ends) for ends in prepared.box)]
    axes = linear_axes(stage, prepared)
    if axes is None:
        part[:] = _class_by_class(slabs, stage, prepared, checkpoint)
    else:
        before, after = prepared.data.shape[1:], prepared.cropped
        for first, logits in resampled_slabs(slabs, before, after, axes):
            checkpoint()
            part[first : first + logits.shape[1]] = _picked(logits, stage)
    return np.ascontiguousarray(whole.transpose(stage.plans.transpose_backward))


def probabilities(slabs: Iterable[Slab], stage: Stage, prepared: Prepared) -> np.ndarray:
    """The probabilities, float32 (classes or regions, slices, rows, columns), of the whole image at once.

    Where the image was cropped, all is background.
    """
    axes = linear_axes(stage, prepared)
    part = torch.empty((stage.heads, *prepared.cropped))
    if axes is None:
        for head, logits in enumerate(class_by_class(_whole(slabs), stage, prepared)):
            part[head] = torch.from_numpy(logits)
    else:
        for first, found in resampled_slabs(slabs, prepared.data.shape[1:], prepared.cropped, axes):
            part[:, first : first + found.shape[1]] = found.cpu()
    likely = stage.labels.apply_inference_nonlin(part)
    box = [list(ends) for ends in prepared.box]
    whole = stage.labels.revert_cropping_on_probabilities(likely, box, prepared.whole).numpy()
    backward = stage.plans.transpose_backward
    return np.ascontiguousarray(whole.transpose([0, *(axis + 1 for axis in backward)]), np.float32)


def _picked(logits: torch.Tensor, stage: Stage) -> np.ndarray:
    """The decision of each voxel: the first of the largest logits, or the last region that is likely."""
    if not stage.labels.has_regions:
        found = logits.float().max(dim=0).indices
    else:
        found = torch.zeros(logits.shape[1:], dtype=torch.int32, device=logits.device)
        for region, value in zip(logits, stage.labels.regions_class_order, strict=True):
            found[torch.sigmoid(region.float()) > 0.5] = value
    return found.cpu().numpy()


def _class_by_class(
    slabs: Iterable[Slab], stage: Stage, prepared: Prepared, checkpoint: Callable[[], None]
) -> np.ndarray:
    """As `_picked`, where nnU-Net's own function has to resample: one class after the other, whole."""
    found = np.zeros(prepared.cropped, np.int32)
    best: np.ndarray | None = None
    for head, logits in enumerate(class_by_class(_whole(slabs), stage, prepared)):
        checkpoint()
        if stage.labels.has_regions:
            likely = torch.sigmoid(torch.from_numpy(logits).float()) > 0.5
            found[likely.numpy()] = stage.labels.regions_class_order[head]
        elif best is None:
            best = logits
        else:
            better = logits > best
            found[better] = head
            best[better] = logits[better]
    return found


def _whole(slabs: Iterable[Slab]) -> Iterator[torch.Tensor]:
    """The logits of each class in turn, (planes, rows, columns), on the CPU."""
    copies = [logits.cpu().clone() for _, logits in slabs]
    for head in range(copies[0].shape[0]):
        yield torch.cat([one[head] for one in copies])
