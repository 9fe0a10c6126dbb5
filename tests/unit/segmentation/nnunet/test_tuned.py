"""What makes a network faster on the CPU leaves its answers as they are."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from services.segmentation.nnunet.architecture import build_network, fill
from services.segmentation.nnunet.layout import Description
from services.segmentation.nnunet.networks import Networks
from services.segmentation.nnunet.norms import moments
from services.segmentation.nnunet.stage import stages_of
from services.segmentation.nnunet.trained import serve_trained
from services.segmentation.nnunet.tuned import tuned
from services.segmentation.nnunet.weights_file import read_fold
from tests.support.nnunet.recipes import Recipe, plain_labels
from tests.support.nnunet.trained_folders import write_trained

SOLID = Recipe("3d_fullres", (16, 24, 8), (1.0, 1.0, 1.0), plain_labels(5), strides=((2, 2, 1), (2, 2, 2)))
FLAT = Recipe("2d", (40, 24), (1.0, 1.0), plain_labels(5))


@pytest.mark.parametrize(
    "recipe",
    [
        SOLID,
        FLAT,
        replace(SOLID, network="ResidualEncoderUNet"),
        replace(FLAT, network="ResidualEncoderUNet"),
    ],
)
@torch.inference_mode()
def test_a_tuned_network_answers_as_the_one_it_was_made_from(tmp_path: Path, recipe: Recipe) -> None:
    served = serve_trained(write_trained(tmp_path / "r", recipe), tmp_path / "served", Description("x", "X"))
    stage = stages_of(served)[0]
    networks = [build_network(stage) for _ in range(2)]
    for network in networks:
        fill(network, read_fold(served.model.weights[0].path, stage.name, "0"), "it")
    tile = torch.randn(1, 1, *recipe.patch)
    plain = networks[0](tile)[0]
    runnable = tuned(networks[1], len(recipe.patch))
    assert runnable.head is not None
    logits = runnable.head(runnable.body(tile)[0])
    assert torch.allclose(logits, plain, atol=2e-4)
    part = (slice(None), slice(1, 3))
    assert torch.allclose(runnable.head(runnable.body(tile)[0][part]), plain[part], atol=2e-4)


@torch.inference_mode()
def test_an_exact_network_answers_to_the_last_digit_as_nnunets_own(tmp_path: Path) -> None:
    served = serve_trained(write_trained(tmp_path / "r", SOLID), tmp_path / "served", Description("x", "X"))
    stage, weights = stages_of(served)[0], served.model.weights[0]
    own = build_network(stage)
    fill(own, read_fold(weights.path, stage.name, "0"), "it")
    networks = Networks(weights)
    tile = torch.randn(1, 1, *SOLID.patch)
    # One may be there in both ways: the first stage of a cascade can be asked for alone.
    networks.network(stage, "0", torch.device("cpu"))
    assert torch.equal(networks.network(stage, "0", torch.device("cpu"), exact=True).body(tile), own(tile))


@pytest.mark.parametrize(
    ("mean", "deviation"), [(0.0, 1.0), (5.0, 1.0), (300.0, 1.0), (-3.0, 1e-3), (7.0, 0.0)]
)
@pytest.mark.parametrize("count", [1, 512, 5000, 400_000])
def test_moments_are_exact_for_many_voxels_and_for_nearly_constant_ones(
    count: int, mean: float, deviation: float
) -> None:
    torch.manual_seed(count)
    voxels = (torch.randn(count, 3) * deviation + mean).float()
    found = moments(voxels)
    exact = voxels.double()
    assert torch.allclose(found[0], exact.mean(0), rtol=3e-6, atol=3e-6 * deviation)
    assert torch.allclose(found[1], exact.var(0, correction=0), rtol=5e-5, atol=1e-9)
