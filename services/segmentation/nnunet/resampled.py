"""Brings logits from the network's spacing to the image's, as nnU-Net's functions do, in bounded memory."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from nnunetv2.configuration import ANISO_THRESHOLD
from nnunetv2.preprocessing.resampling.default_resampling import determine_do_sep_z_and_axis

from services.segmentation.nnunet.prepared import Prepared
from services.segmentation.nnunet.sliding import Slab
from services.segmentation.nnunet.stage import Stage
from services.segmentation.nnunet.ties import Ties, nearest, source


@dataclass(frozen=True)
class Axes:
    """How to resample. linear: for each axis, else the nearest plane is taken.

    half: whether what results is rounded to half precision, as what scikit-image gives is. ties: whether then
    the largest logit decides, so that a rounding may.
    """

    linear: tuple[bool, bool, bool]
    half: bool
    ties: bool = False


def linear_axes(stage: Stage, prepared: Prepared) -> Axes | None:
    """How the plans resample logits, where that is linear or nearest along each axis; else None."""
    content = stage.configuration.configuration
    kwargs = dict(content["resampling_fn_probabilities_kwargs"])
    torches = content["resampling_fn_probabilities"] == "resample_torch_fornnunet"
    plain: dict[str, object] = (
        {"mode": "linear", "aniso_axis_mode": "nearest-exact", "memefficient_seg_resampling": False}
        if torches
        else {"order": 3, "order_z": 0}
    )
    wanted = plain if torches else {"order": 1, "order_z": 0}
    known = {*plain, "is_seg", "force_separate_z", "separate_z_anisotropy_threshold", "num_threads"}
    given = {**plain, **kwargs}
    if kwargs.keys() - known or kwargs.get("is_seg") or any(given[key] != wanted[key] for key in wanted):
        return None
    # Their defaults differ: `resample_data_or_seg_to_shape` is not asked for axes apart unless plans say so.
    force = kwargs.get("force_separate_z", None if torches else False)
    threshold = kwargs.get("separate_z_anisotropy_threshold", ANISO_THRESHOLD)
    apart, axis = determine_do_sep_z_and_axis(force, prepared.network_spacing, prepared.spacing, threshold)
    first, second, third = (not (apart and index == axis) for index in range(3))
    return Axes((first, second, third), half=not torches, ties=not torches and not stage.labels.has_regions)


def resampled_slabs(
    slabs: Iterable[Slab], before: Sequence[int], after: Sequence[int], axes: Axes
) -> Iterator[Slab]:
    """Slabs of a volume of shape `after`, from those of the same volume at shape `before`, all in order."""
    if tuple(before) == tuple(after):
        yield from slabs
        return
    places = [_place(plane, before[0], after[0], axes.linear[0]) for plane in range(after[0])]
    needed = {plane for low, high, _ in places for plane in (low, high)}
    held: dict[int, torch.Tensor] = {}
    given: dict[int, torch.Tensor] = {}  # the same planes as they came
    ties = Ties(before, after, axes.linear) if axes.ties else None
    done = 0
    for first, logits in slabs:
        for plane in range(first, first + logits.shape[1]):
            if plane in needed:
                held[plane] = _in_plane(logits[:, plane - first], after, axes)
                if ties:
                    given[plane] = logits[:, plane - first].clone()
            while done < len(places) and places[done][1] <= plane:
                low, high, share = places[done]
                found = held[low] if low == high else torch.lerp(held[low], held[high], share)
                found = found.half() if axes.half else found
                if ties:
                    ties.settle(found, done, given)
                yield done, found.unsqueeze(1)
                done += 1
                keep = places[done][0] if done < len(places) else plane + 1
                for old in [one for one in held if one < keep]:
                    del held[old]
                    given.pop(old, None)


def _place(plane: int, before: int, after: int, linear: bool) -> tuple[int, int, float]:
    """Between which planes another one lies, and how far towards the second."""
    at = source(plane, before, after)
    if not linear:
        return nearest(at, before), nearest(at, before), 0.0
    at = min(max(at, 0.0), before - 1.0)
    low = math.floor(at)
    return (low, low, 0.0) if at == low else (low, low + 1, at - low)


def _in_plane(logits: torch.Tensor, after: Sequence[int], axes: Axes) -> torch.Tensor:
    """A plane, (heads, rows, columns), at the new rows and columns, in single precision."""
    sides = [
        after[axis] if axes.linear[axis] else before
        for axis, before in zip((1, 2), logits.shape[1:], strict=True)
    ]
    found = logits.float()
    if sides != list(logits.shape[1:]):
        found = torch.nn.functional.interpolate(found[None], sides, mode="bilinear", align_corners=False)[0]
    for axis in (1, 2):
        if not axes.linear[axis]:
            size = found.shape[axis]
            near = [nearest(source(index, size, after[axis]), size) for index in range(after[axis])]
            found = found.index_select(axis, torch.tensor(near, device=found.device))
    return found


def class_by_class(classes: Iterable[torch.Tensor], stage: Stage, prepared: Prepared) -> Iterator[np.ndarray]:
    """Each class's logits, resampled whole by nnU-Net's own function: where no slab can be done alone."""
    for logits in classes:
        resampled = stage.configuration.resampling_fn_probabilities(
            logits[None].numpy(), prepared.cropped, prepared.network_spacing, prepared.spacing
        )
        yield np.asarray(resampled[0])
