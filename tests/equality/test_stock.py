"""Masks are those of the stock `nnUNetv2_predict`, run in a process and environment of its own.

Two cases run with `make test`, all with `make equality`. docs/nnunet.md says where a voxel may differ.
"""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK
import torch

from services.segmentation.nnunet.layout import Description
from services.segmentation.nnunet.predictor import PredictOptions, open_network
from services.segmentation.nnunet.trained import serve_trained
from tests.support.nnunet.images import blobs
from tests.support.nnunet.recipes import Recipe, plain_labels
from tests.support.nnunet.stock import results_folder, stock_mask
from tests.support.nnunet.trained_folders import as_trained, write_trained

pytestmark = pytest.mark.timeout(900)

ROOT = Path(__file__).resolve().parents[2]
REAL_CT = (
    Path(os.environ.get("RADMESH_REAL_CT", ROOT.parent / "shared" / "data" / "ct")) / "example_ct.nii.gz"
)
LEAST_DICE = 0.999

SOLID = Recipe("3d_fullres", (16, 24, 24), (2.0, 1.0, 1.0), plain_labels(3), mirroring_axes=(0, 1, 2))
FLAT = Recipe("2d", (32, 32), (1.0, 1.0), plain_labels(4), mirroring_axes=(0, 1))
THIN = replace(SOLID, patch=(8, 32, 32), spacing=(5.0, 0.8, 0.8), strides=((1, 2, 2), (2, 2, 2)))
REGIONS = replace(
    SOLID,
    labels={"background": 0, "whole": [1, 2, 3], "core": [2, 3], "enhancing": 3, "ignore": 4},
    regions_class_order=(1, 2, 3),
    channels=("T1", "T2"),
    normalisation=("ZScoreNormalization", "RescaleTo01Normalization"),
    masked_norm=True,
)
MANY = replace(SOLID, labels=plain_labels(99))
TORCH = replace(SOLID, resampling="resample_torch_fornnunet", network="ResidualEncoderUNet")
LOW = replace(SOLID, configuration="3d_lowres", spacing=(4.0, 2.0, 2.0), mirroring_axes=None)
CASCADE = replace(SOLID, configuration="3d_cascade_fullres", previous_stage="3d_lowres", mirroring_axes=None)

wide = pytest.mark.equality
Case = tuple[tuple[Recipe, ...], tuple[int, int, int], tuple[float, float, float], dict[str, Any]]
CASES: dict[str, Case] = {
    "planes": ((FLAT,), (5, 40, 50), (3.0, 0.7, 0.7), {}),
    "regions, ignore label, two channels": ((REGIONS,), (20, 40, 36), (2.5, 0.8, 0.8), {}),
    "volume": ((SOLID,), (20, 40, 36), (2.5, 0.8, 0.8), {"step": 0.4}),
    "volume at the network's spacing, two folds": (
        (replace(SOLID, trainings=2),),
        (20, 40, 36),
        (2.0, 1.0, 1.0),
        {"folds": ("0", "1")},
    ),
    "volume, five folds one after the other": (
        (replace(SOLID, trainings=5),),
        (20, 40, 36),
        (2.5, 0.8, 0.8),
        {"folds": ("0", "1", "2", "3", "4")},
    ),
    "planes far apart": ((THIN,), (12, 40, 44), (7.0, 0.9, 0.7), {}),
    "axes in another order": ((replace(THIN, transpose=(1, 0, 2)),), (40, 12, 44), (0.9, 6.0, 0.8), {}),
    "a hundred labels": ((MANY,), (20, 40, 36), (2.5, 1.2, 0.8), {"mirroring": False}),
    "residual network, resampled by torch": ((TORCH,), (20, 40, 36), (2.5, 1.2, 0.8), {"mirroring": False}),
    "cascade": ((LOW, CASCADE), (30, 60, 56), (2.5, 0.8, 0.8), {"mirroring": False}),
}
QUICK = ("planes", "regions, ignore label, two channels")


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def assert_equal(ours: np.ndarray, stock: np.ndarray, labels: int) -> None:
    """Dice of each label is at least LEAST_DICE; of one with a hundred voxels or so, two may differ."""
    assert ours.shape == stock.shape
    assert ours.dtype == stock.dtype
    assert len(np.unique(stock)) > labels / 2, "this image says little about the labels"
    print(
        f"{np.count_nonzero(ours != stock):,} of {stock.size:,} voxels differ"
    )  # for docs/nnunet.md: pytest -rP
    for label in np.unique(np.concatenate((np.unique(ours), np.unique(stock)))):
        mine, theirs = ours == label, stock == label
        dice = 2 * np.count_nonzero(mine & theirs) / (np.count_nonzero(mine) + np.count_nonzero(theirs))
        different = np.count_nonzero(mine != theirs)
        assert dice >= LEAST_DICE or different <= 2, f"label {label}: Dice {dice}, {different} voxels differ"


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in QUICK else wide, id=name) for name in CASES]
)
def test_a_made_up_model_gives_the_mask_of_the_stock_command(tmp_path: Path, name: str) -> None:
    recipes, shape, spacing, options = CASES[name]
    folders = write_trained(results_folder(tmp_path), *recipes)
    image = blobs(shape, channels=len(recipes[0].channels), border=2)
    served = serve_trained(folders, tmp_path / "served", Description("made-up", "Made up"))
    chosen = PredictOptions(
        folds=tuple(options.get("folds", ())),
        mirroring=bool(options.get("mirroring", True)),
        tile_step=float(options.get("step", 0.5)),
    )
    network = open_network(served.folder, device="cpu")
    ours = network.predict(image, spacing, chosen, lambda _: None, lambda: False).labels
    configurations = [recipe.configuration for recipe in recipes]
    stock = stock_mask(tmp_path, image, spacing, configurations=configurations, **options)
    assert_equal(ours, stock, len(served.labels))


@wide
@pytest.mark.skipif(not REAL_CT.exists(), reason="the real CT is not here")
def test_a_trained_model_gives_the_mask_of_the_stock_command_on_real_ct(tmp_path: Path) -> None:
    served = ROOT / "models" / "ct-l3-measure"
    as_trained(served, results_folder(tmp_path))
    network = open_network(served, device="cpu")
    volume = SimpleITK.ReadImage(str(REAL_CT))
    middle = volume.GetSize()[2] // 2  # type: ignore[no-untyped-call]
    part = volume[:, :, middle - 1 : middle + 2]
    image = SimpleITK.GetArrayFromImage(part).astype(np.float32)[None]
    spacing = tuple(reversed(part.GetSpacing()))
    ours = network.predict(image, spacing, PredictOptions(), lambda _: None, lambda: False).labels
    trained = network.manifest.configurations["2d"]
    stock = stock_mask(
        tmp_path, image, spacing, configurations=["2d"], trainer=trained.trainer, folds=trained.folds
    )
    assert_equal(ours, stock, 2)
