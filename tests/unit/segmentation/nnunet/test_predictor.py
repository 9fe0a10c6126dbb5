"""The predictor on made-up models. That its masks are nnU-Net's own is shown beside the stock command."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from radmesh.errors import ImageFormatError, RadmeshError
from services.chassis.models import BrokenModelError, read_manifest
from services.chassis.runner import CancelledRun
from services.segmentation.nnunet.layout import Description
from services.segmentation.nnunet.manifest import NnunetManifest, write_manifest
from services.segmentation.nnunet.predictor import NnunetNetwork, PredictOptions, open_network
from services.segmentation.nnunet.refusals import (
    FoldNotFoundError,
    UnknownTrainerError,
    UnsupportedModelError,
)
from services.segmentation.nnunet.tiles import Tiles
from services.segmentation.nnunet.trained import serve_trained
from tests.support.nnunet.images import blobs
from tests.support.nnunet.recipes import Recipe, plain_labels
from tests.support.nnunet.trained_folders import write_trained

FLAT = Recipe(
    "2d", (16, 16), (1.0, 1.0), plain_labels(3), features=(4, 4), mirroring_axes=(0, 1), trainings=2
)
SOLID = Recipe("3d_lowres", (8, 16, 16), (4.0, 2.0, 2.0), plain_labels(2), features=(4, 4))
SPACING = (3.0, 1.0, 1.0)
ONCE = PredictOptions(folds=("0",), mirroring=False)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def served(root: Path, *recipes: Recipe) -> NnunetManifest:
    return serve_trained(
        write_trained(root / "results", *recipes), root / "served", Description("made-up", "X")
    )


def told(network: NnunetNetwork, image: np.ndarray, options: PredictOptions = ONCE) -> list[Tiles]:
    heard: list[Tiles] = []
    network.predict(image, SPACING, options, heard.append, lambda: False)
    return heard


def mask(network: NnunetNetwork, image: np.ndarray, options: PredictOptions = ONCE) -> np.ndarray:
    return network.predict(image, SPACING, options, lambda _: None, lambda: False).labels


def test_progress_counts_every_tile_of_every_fold(tmp_path: Path) -> None:
    network = open_network(served(tmp_path, FLAT).folder, device="cpu")
    heard = told(network, blobs((3, 20, 16)), PredictOptions())
    tiles = 2 * 3 * 2  # folds, slices, tiles of a slice
    assert [one.done for one in heard] == list(range(tiles + 1))
    assert {one.total for one in heard} == {tiles}
    assert heard[-1].eta_seconds == 0


def test_a_cascade_counts_the_tiles_of_both_stages(tmp_path: Path) -> None:
    second = replace(
        SOLID, configuration="3d_cascade_fullres", previous_stage="3d_lowres", spacing=(3.0, 1.0, 1.0)
    )
    network = open_network(served(tmp_path, SOLID, second).folder, device="cpu")
    heard = told(network, blobs((12, 24, 24)))
    assert len({one.total for one in heard}) == 1
    assert heard[-1].done == heard[-1].total
    assert [heard[0].configuration, heard[-1].configuration] == ["3d_lowres", "3d_cascade_fullres"]


@pytest.mark.parametrize("tiles", [0, 1, 4])
def test_it_stops_within_one_tile_of_a_cancel(tmp_path: Path, tiles: int) -> None:
    network = open_network(served(tmp_path, FLAT).folder, device="cpu")
    heard: list[Tiles] = []
    with pytest.raises(CancelledRun):
        network.predict(blobs((6, 20, 16)), SPACING, ONCE, heard.append, lambda: len(heard) > tiles)
    assert heard[-1].done == tiles


def test_it_stops_between_two_layers_of_a_tile(tmp_path: Path) -> None:
    network = open_network(served(tmp_path, FLAT).folder, device="cpu")
    image = blobs((1, 16, 16))
    mask(network, image)
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > 6  # the second time between layers: four times were before the first tile

    heard: list[Tiles] = []
    with pytest.raises(CancelledRun):
        network.predict(image, SPACING, ONCE, heard.append, cancelled)
    assert heard[-1].done == 0
    assert asked == 7


def test_a_prediction_leaves_no_trace_in_the_next(tmp_path: Path) -> None:
    network = open_network(served(tmp_path, FLAT).folder, device="cpu")
    image = blobs((3, 20, 22), border=1)
    first, before = mask(network, image), image.copy()
    mask(network, blobs((2, 9, 31), seed=3), PredictOptions())
    assert np.array_equal(mask(network, image), first)
    assert np.array_equal(image, before)


def test_probabilities_agree_with_the_mask(tmp_path: Path) -> None:
    network = open_network(served(tmp_path, FLAT).folder, device="cpu")
    image = blobs((2, 20, 22), border=2)
    likely = network.probabilities(image, (3.0, 0.6, 0.7), ONCE, lambda _: None, lambda: False)
    labels = network.predict(image, (3.0, 0.6, 0.7), ONCE, lambda _: None, lambda: False).labels
    assert likely.dtype == np.float32
    assert likely.sum(0) == pytest.approx(1, abs=1e-5)
    assert np.array_equal(likely.argmax(0), labels)


def test_an_image_of_nothing_but_zeros_has_a_mask(tmp_path: Path) -> None:
    network = open_network(served(tmp_path, FLAT).folder, device="cpu")
    assert mask(network, np.zeros((1, 2, 20, 22), np.float32)).shape == (2, 20, 22)


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (np.full((1, 2, 20, 22), np.nan, np.float32), "VALUES_NOT_FINITE"),
        (np.full((1, 2, 20, 22), np.inf, np.float32), "VALUES_NOT_FINITE"),
        (np.zeros((2, 2, 20, 22), np.float32), "CHANNELS_MISMATCH"),
        (np.zeros((1, 0, 20, 22), np.float32), "EMPTY_IMAGE"),
    ],
)
def test_an_image_that_cannot_be_predicted_is_refused(tmp_path: Path, image: np.ndarray, reason: str) -> None:
    network = open_network(served(tmp_path, FLAT).folder, device="cpu")
    with pytest.raises(ImageFormatError) as caught:
        mask(network, image)
    assert caught.value.reason == reason


@pytest.mark.parametrize("side", [1e6, 1e-7, 1001.0, float("nan"), float("inf"), 0.0])
@pytest.mark.parametrize("axis", [0, 2])
def test_a_spacing_that_no_scanner_has_is_refused(tmp_path: Path, side: float, axis: int) -> None:
    network = open_network(served(tmp_path, SOLID).folder, device="cpu")
    spacing = [1.0, 1.0, 1.0]
    spacing[axis] = side
    with pytest.raises(ImageFormatError, match=r"from 0.001 to 1000 mm can be") as caught:
        network.predict(blobs((3, 16, 16)), spacing, ONCE, lambda _: None, lambda: False)
    assert caught.value.reason == "SPACING_INVALID"


@pytest.mark.parametrize(
    ("trained_at", "spacing", "voxels"),
    [
        ((0.001, 0.001, 0.001), (5.0, 1.0, 1.0), 15_000 * 16_000 * 16_000),
        ((1.0, 0.01, 0.01), (1000.0, 50.0, 50.0), 3000 * 80_000 * 80_000),
        ((1000.0, 1.0, 1.0), (1.0, 1.0, 1.0), 0),
    ],
)
def test_what_no_machine_holds_is_refused_and_never_said_to_fit_later(
    tmp_path: Path, trained_at: tuple[float, ...], spacing: tuple[float, ...], voxels: int
) -> None:
    network = open_network(served(tmp_path, replace(SOLID, spacing=trained_at)).folder, device="cpu")
    image = np.ones((1, 3, 16, 16), np.float32)
    with pytest.raises(ImageFormatError, match="the spacing that the model was trained at") as caught:
        network.predict(image, spacing, ONCE, lambda _: None, lambda: False)
    assert caught.value.reason == "GRID_IMPLAUSIBLE"
    assert caught.value.metadata["voxels"] == str(voxels)


def test_a_later_stage_that_no_machine_holds_is_refused_before_the_first_one_runs(tmp_path: Path) -> None:
    fine = replace(
        SOLID, configuration="3d_cascade_fullres", previous_stage="3d_lowres", spacing=(0.001, 0.001, 0.001)
    )
    network = open_network(served(tmp_path, SOLID, fine).folder, device="cpu")
    heard: list[Tiles] = []
    with pytest.raises(ImageFormatError, match=r"15000 x 16000 x 16000 voxels"):
        network.predict(
            np.ones((1, 3, 16, 16), np.float32), (5.0, 1.0, 1.0), ONCE, heard.append, lambda: False
        )
    assert not any(tiles.done for tiles in heard)


def test_plans_of_a_folder_put_there_by_hand_have_the_same_limits(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedModelError, match=r"spacing is not from 0.001 to 1000 mm"):
        open_network(served(tmp_path, replace(SOLID, spacing=(1.0, 1e-7, 1.0))).folder, device="cpu")


def test_a_fold_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    network = open_network(served(tmp_path, FLAT).folder, device="cpu")
    with pytest.raises(FoldNotFoundError, match="no fold 4; it has 0, 1"):
        mask(network, blobs((1, 16, 16)), PredictOptions(folds=("4",)))


def test_an_unknown_trainer_is_refused(tmp_path: Path) -> None:
    manifest = served(tmp_path, replace(FLAT, trainer="nnUNetTrainerOfOurs"))
    with pytest.raises(UnknownTrainerError, match="nnUNetTrainerOfOurs") as caught:
        mask(open_network(manifest.folder, device="cpu"), blobs((1, 16, 16)))
    assert caught.value.metadata == {"trainer": "nnUNetTrainerOfOurs"}


def test_a_trainer_that_builds_its_own_network_is_asked_for_it(tmp_path: Path) -> None:
    manifest = served(tmp_path, replace(FLAT, trainer="nnUNetTrainerBN"))
    with pytest.raises(BrokenModelError, match="running_mean"):  # batch norms, which a plain network has not
        mask(open_network(manifest.folder, device="cpu"), blobs((1, 16, 16)))


def rewritten(manifest: NnunetManifest, change: Callable[[dict[str, torch.Tensor]], object]) -> Path:
    """The same model with other tensors, and a manifest that vouches for them."""
    path = read_manifest(manifest.folder).weights[0].path
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path)
    write_manifest(
        manifest.folder,
        Description("made-up", "X"),
        configuration=manifest.configuration,
        configurations=list(manifest.configurations.values()),
        labels=manifest.labels,
        channels=manifest.channels,
        weights={"official": path},
    )
    return manifest.folder


BIAS = "2d/fold_0/encoder.stages.0.0.convs.0.conv.bias"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda tensors: tensors.pop(BIAS), r"missing: encoder\.stages\.0\.0\.convs\.0\.conv\.bias"),
        (lambda tensors: tensors.update({"2d/fold_0/more": torch.ones(1)}), r"not part of the network: more"),
        (lambda tensors: tensors.update({BIAS: torch.ones(5)}), r"conv\.bias is 5 of float32, needs 4"),
        (lambda tensors: tensors.update({BIAS: torch.full((4,), torch.nan)}), r"NaN: encoder"),
    ],
)
def test_tensors_that_do_not_fit_are_named(
    tmp_path: Path, change: Callable[[dict[str, torch.Tensor]], object], told: str
) -> None:
    network = open_network(rewritten(served(tmp_path, FLAT), change), device="cpu")
    with pytest.raises(BrokenModelError, match=told):
        mask(network, blobs((1, 16, 16)))


def test_a_fold_that_the_manifest_names_and_the_file_lacks_is_named(tmp_path: Path) -> None:
    def without_second(tensors: dict[str, torch.Tensor]) -> None:
        for key in [key for key in tensors if "/fold_1/" in key]:
            del tensors[key]

    with pytest.raises(BrokenModelError, match="lacks the folds 1 of 2d"):
        open_network(rewritten(served(tmp_path, FLAT), without_second), device="cpu")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("network_class_name", "subprocess.Popen"),
        ("nonlin", "os.system"),
        ("preprocessor_name", "Popen"),
        ("resampling_fn_data", "deepcopy"),
    ],
)
def test_plans_call_nothing_but_nnunets_own_parts(tmp_path: Path, name: str, value: str) -> None:
    folder = write_trained(tmp_path / "results", FLAT)[0]
    plans = (folder / "plans.json").read_text()
    before, after = plans.split(f'"{name}": "', 1)
    (folder / "plans.json").write_text(f'{before}"{name}": "{value}{after[after.index(chr(34)) :]}')
    manifest = serve_trained([folder], tmp_path / "served", Description("made-up", "X"))
    with pytest.raises(UnsupportedModelError, match=value.split(".", maxsplit=1)[0]):
        mask(open_network(manifest.folder, device="cpu"), blobs((1, 16, 16)))


def test_half_of_a_cascade_is_refused(tmp_path: Path) -> None:
    second = replace(SOLID, configuration="3d_cascade_fullres", previous_stage="3d_lowres")
    folders = write_trained(tmp_path / "results", SOLID, second)
    manifest = serve_trained(folders[1:], tmp_path / "served", Description("made-up", "X"))
    with pytest.raises(BrokenModelError, match="lacks 3d_lowres"):
        open_network(manifest.folder, device="cpu")


def test_no_memory_is_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = open_network(served(tmp_path, FLAT).folder, device="cpu")
    huge = np.broadcast_to(np.float32(1), (1, 1, 1 << 24, 1 << 24))
    monkeypatch.setattr("services.segmentation.nnunet.predictor.check_image", lambda *_: None)
    with pytest.raises(RadmeshError) as caught:
        mask(network, huge)
    assert caught.value.reason == "OUT_OF_MEMORY"
