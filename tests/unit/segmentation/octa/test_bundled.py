"""The bundled weights: what model.toml says of them is true, and they find drawn vessels."""

import hashlib
import tomllib
from pathlib import Path

import numpy as np
import pytest

from radmesh.samples.octa import DEMO_SEED, draw_octa, draw_octa_with_truth
from services.segmentation.octa import transform
from services.segmentation.octa.options import THRESHOLD
from services.segmentation.octa.unet import UNet
from services.segmentation.octa.weights import load_weights
from training.octa.score import logits, score_masks

MODEL = Path(__file__).parents[4] / "models" / "octa-vessels"


@pytest.fixture(scope="module")
def manifest() -> dict[str, dict[str, object]]:
    return tomllib.loads((MODEL / "model.toml").read_text())


@pytest.fixture(scope="module")
def network() -> UNet:
    return load_weights(MODEL / "official.safetensors")[0]


def test_the_manifest_names_the_file_with_its_digest_and_size(
    manifest: dict[str, dict[str, dict[str, object]]],
) -> None:
    weights = manifest["weights"]["official"]
    content = (MODEL / str(weights["file"])).read_bytes()
    assert weights["sha256"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
    assert weights["size_bytes"] == len(content) < 10_000_000


def test_the_manifest_describes_the_transform(manifest: dict[str, dict[str, object]]) -> None:
    described = manifest["input"] | manifest["output"]
    assert described["rows"] == described["columns"] == transform.INPUT_SIDE
    assert (described["mean"], described["standard_deviation"]) == (transform.MEAN, transform.STD)
    assert described["threshold"] == THRESHOLD


@pytest.mark.parametrize("seed", [DEMO_SEED, 1, 2])
def test_the_vessels_of_a_drawn_image_are_found(network: UNet, seed: int) -> None:
    grey, truth = draw_octa_with_truth(seed)
    mask = transform.to_mask(logits(network, grey), grey.shape)
    assert score_masks("drawn", mask, truth).dice > 0.80


def test_an_image_without_structure_has_no_vessels(network: UNet) -> None:
    mask = transform.to_mask(logits(network, np.zeros((320, 320), np.uint8)), (320, 320))
    assert transform.vessel_area_fraction(mask) < 0.01


def test_a_seed_draws_one_image_and_another_seed_another() -> None:
    first, again, other = draw_octa(1), draw_octa(1), draw_octa(2)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("size", [256, 320, 500])
def test_a_drawn_image_has_the_size_asked_for_and_few_vessels(size: int) -> None:
    grey, truth = draw_octa_with_truth(5, size)
    assert grey.shape == truth.shape == (size, size)
    assert grey.dtype == truth.dtype == np.uint8
    assert np.unique(truth).tolist() == [0, 255]
    assert 0.08 < (truth > 0).mean() < 0.2
    assert grey[truth > 0].mean() > 2 * grey[truth == 0].mean()
