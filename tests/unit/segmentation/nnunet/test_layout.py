"""A served nnU-Net model on disk: what is written is read again, and nothing else is believed."""

from pathlib import Path

import pytest
import torch

from services.chassis.models import BrokenModelError
from services.segmentation.nnunet.layout import (
    Description,
    Label,
    channel_names,
    final_configuration,
    folds_of,
    mask_labels,
    split_key,
)
from services.segmentation.nnunet.manifest import is_nnunet, read_nnunet
from services.segmentation.nnunet.trained import read_checkpoint, serve_trained
from services.segmentation.nnunet.weights_file import read_fold, stored_folds
from tests.support.nnunet.recipes import Recipe, plain_labels
from tests.support.nnunet.trained_folders import write_trained

FLAT = Recipe("2d", (32, 32), (1.0, 1.0), plain_labels(2), mirroring_axes=(0, 1), trainings=2)
DESCRIPTION = Description("made-up", 'Made up: "quoted", \\ and é')


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    return write_trained(tmp_path / "results", FLAT)[0]


def test_a_trained_folder_becomes_a_served_model(trained: Path, tmp_path: Path) -> None:
    served = serve_trained([trained], tmp_path / "models" / "made-up", DESCRIPTION)
    assert served.model.title == DESCRIPTION.title
    assert served.model.demonstrator
    assert served.configuration == "2d"
    assert served.configurations["2d"].folds == ("0", "1")
    assert served.configurations["2d"].mirroring_axes == (0, 1)
    assert served.labels == (Label(1, "label 1"), Label(2, "label 2"))
    assert served.channels == ("CT",)
    assert is_nnunet(served.folder)
    assert stored_folds(served.model.find_weights("").path) == {"2d": ("0", "1")}


def test_each_tensor_is_stored_once(trained: Path, tmp_path: Path) -> None:
    served = serve_trained([trained], tmp_path / "made-up", DESCRIPTION)
    state = read_checkpoint(trained / "fold_1" / "checkpoint_final.pth").weights
    kept = read_fold(served.model.find_weights("").path, "2d", "1")
    assert len(kept) < len(state) / 2
    assert len({tensor.data_ptr() for tensor in state.values()}) == len(kept)
    assert all(torch.equal(tensor, state[name]) for name, tensor in kept.items())


def test_half_precision_halves_the_file(trained: Path, tmp_path: Path) -> None:
    whole = serve_trained([trained], tmp_path / "whole", DESCRIPTION, folds=["0"])
    half = serve_trained([trained], tmp_path / "half", DESCRIPTION, folds=["0"], half=True)
    assert half.model.weights[0].size_bytes < 0.7 * whole.model.weights[0].size_bytes
    assert half.configurations["2d"].folds == ("0",)


def test_nothing_of_a_checkpoint_is_run(tmp_path: Path) -> None:
    class Hostile:
        def __reduce__(self) -> tuple[object, ...]:
            return (Path.touch, (tmp_path / "ran",))

    torch.save({"network_weights": Hostile()}, tmp_path / "checkpoint.pth")
    with pytest.raises(BrokenModelError, match="other things than nnU-Net writes"):
        read_checkpoint(tmp_path / "checkpoint.pth")
    assert not (tmp_path / "ran").exists()


def test_a_missing_fold_is_named(trained: Path, tmp_path: Path) -> None:
    with pytest.raises(BrokenModelError, match=r"fold_7/checkpoint_final\.pth is missing"):
        serve_trained([trained], tmp_path / "made-up", DESCRIPTION, folds=["7"])
    served = serve_trained([trained], tmp_path / "made-up", DESCRIPTION)
    with pytest.raises(BrokenModelError, match="no fold 7 of 2d"):
        read_fold(served.model.find_weights("").path, "2d", "7")


@pytest.mark.parametrize("name", ["plans.json", "dataset.json", "official.safetensors"])
def test_a_changed_file_is_named(trained: Path, tmp_path: Path, name: str) -> None:
    folder = serve_trained([trained], tmp_path / "made-up", DESCRIPTION).folder
    with (folder / name).open("ab") as file:
        file.write(b" ")
    with pytest.raises(BrokenModelError, match=f"{name} has digest"):
        read_nnunet(folder)


def test_two_trainings_of_one_configuration_are_not_one_model(tmp_path: Path) -> None:
    folders = [write_trained(tmp_path / name, FLAT)[0] for name in ("one", "two")]
    with pytest.raises(BrokenModelError, match="more than one of the folders holds configuration 2d"):
        serve_trained(folders, tmp_path / "made-up", DESCRIPTION)


def test_regions_are_named_by_what_they_are_painted_with() -> None:
    labels = {"background": 0, "tumour": [1, 2, 3], "core": [2, 3], "enhancing": 3, "ignore": 4}
    painted = mask_labels({"labels": labels, "regions_class_order": [1, 2, 3]})
    assert [(label.value, label.name) for label in painted] == [(1, "tumour"), (2, "core"), (3, "enhancing")]


def test_channels_come_in_the_order_of_their_numbers() -> None:
    assert channel_names({"channel_names": {"10": "k", "2": "c", "0": "a"}}) == ("a", "c", "k")
    assert channel_names({"modality": {"0": "CT"}}) == ("CT",)


def test_a_cascade_answers_with_its_last_stage() -> None:
    plans = {"configurations": {"3d_lowres": {}, "3d_cascade_fullres": {"previous_stage": "3d_lowres"}}}
    assert final_configuration(["3d_lowres", "3d_cascade_fullres"], plans) == "3d_cascade_fullres"


def test_folds_are_found_by_the_names_of_tensors() -> None:
    keys = ["2d/fold_10/a", "2d/fold_2/a", "2d/fold_all/a", "3d_lowres/fold_0/a.b"]
    assert folds_of(keys) == {"2d": ("2", "10", "all"), "3d_lowres": ("0",)}
    with pytest.raises(ValueError, match="fold"):
        split_key("2d/fold_x/a")
