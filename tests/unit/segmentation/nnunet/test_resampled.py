"""Logits are resampled a plane at a time, and decide as those that nnU-Net resamples whole."""

import numpy as np
import pytest
import torch
from nnunetv2.preprocessing.resampling.default_resampling import resample_data_or_seg_to_shape

from services.segmentation.nnunet.resampled import Axes, resampled_slabs

BEFORE, AFTER = (9, 23, 26), (13, 36, 31)


@pytest.mark.parametrize("apart", [False, True], ids=["all axes", "planes apart"])
@pytest.mark.parametrize("after", [AFTER, (6, 20, 30)], ids=["to more", "to fewer and more"])
def test_each_voxel_gets_the_label_that_nnunets_own_function_leads_to(
    apart: bool, after: tuple[int, int, int]
) -> None:
    # Five classes within a step of half precision of each other: the last digit decides almost everywhere.
    torch.manual_seed(1)
    steps = torch.randint(-1, 2, (5, *BEFORE)) * 2.0**-9
    logits = (2 + torch.rand(BEFORE) + steps).half()
    spacing = (5.0, 1.0, 1.0) if apart else (1.0, 1.0, 1.0)
    theirs = resample_data_or_seg_to_shape(
        logits, after, spacing, spacing, order=1, order_z=0, force_separate_z=None if apart else False
    )
    slabs = ((first, logits[:, first : first + 2]) for first in range(0, BEFORE[0], 2))
    axes = Axes((not apart, True, True), half=True, ties=True)
    ours = torch.cat([found.clone() for _, found in resampled_slabs(slabs, BEFORE, after, axes)], 1)
    assert np.array_equal(ours.argmax(0).numpy(), torch.from_numpy(theirs).argmax(0).numpy())


def test_planes_of_nothing_but_ties_are_settled_some_voxels_at_a_time() -> None:
    logits = torch.ones(3, 2, 100, 100).half()
    axes = Axes((True, True, True), half=True, ties=True)
    ((_, found),) = list(resampled_slabs([(0, logits)], (2, 100, 100), (1, 150, 150), axes))
    assert torch.equal(found, torch.ones(3, 1, 150, 150).half())
