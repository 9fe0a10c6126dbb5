"""A checkpoint is judged before it is loaded: what it would import, and whether its tensors are there."""

import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from services.segmentation.nnunet.importing.checkpoints import read_hostile_checkpoint
from services.segmentation.nnunet.importing.refusals import ModelRefusedError

NAME = "fold_0"


def content(**fields: Any) -> dict[str, Any]:
    """A checkpoint as the trainer writes it, or with other fields."""
    return {
        "network_weights": {"a": torch.ones(2, 3)},
        "trainer_name": "nnUNetTrainer",
        "init_args": {"configuration": "2d", "device": torch.device("cpu")},
        "logging": {"losses": [np.float64(0.5), np.float32(1)]},
        "inference_allowed_mirroring_axes": (0, 1),
        **fields,
    }


def saved(path: Path, value: object) -> Path:
    torch.save(value, path)
    return path


def reason(path: Path) -> str:
    with pytest.raises(ModelRefusedError) as caught:
        read_hostile_checkpoint(path, NAME)
    return caught.value.reason


def test_what_the_trainer_writes_is_read(tmp_path: Path) -> None:
    found = read_hostile_checkpoint(saved(tmp_path / "c.pth", content()), NAME)
    assert (found.configuration, found.trainer, found.mirroring_axes) == ("2d", "nnUNetTrainer", (0, 1))


class Runs:
    """Runs a command when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self._path}",)


def test_a_pickle_that_wants_more_is_refused_by_name_and_never_run(tmp_path: Path) -> None:
    path = saved(tmp_path / "c.pth", content(more=Runs(tmp_path / "ran")))
    with pytest.raises(ModelRefusedError, match=r"posix\.system") as caught:
        read_hostile_checkpoint(path, NAME)
    assert caught.value.reason == "CHECKPOINT_UNSAFE"
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("protocol", [0, 4])
def test_a_pickle_of_another_protocol_hides_nothing(tmp_path: Path, protocol: int) -> None:
    with zipfile.ZipFile(tmp_path / "c.pth", "w") as archive:
        archive.writestr("c/data.pkl", pickle.dumps(Runs(tmp_path / "ran"), protocol))
        archive.writestr("c/version", "3")
    assert reason(tmp_path / "c.pth") == "CHECKPOINT_UNSAFE"
    assert not (tmp_path / "ran").exists()


def test_a_small_tensor_spread_over_a_huge_shape_is_refused(tmp_path: Path) -> None:
    huge = torch.ones(1).expand(1 << 20, 1 << 20)
    assert reason(saved(tmp_path / "c.pth", content(network_weights={"a": huge}))) == "CHECKPOINT_UNSAFE"


def test_a_compressed_checkpoint_is_refused_before_it_grows(tmp_path: Path) -> None:
    saved(tmp_path / "c.pth", content(network_weights={"a": torch.zeros(1 << 20)}))
    with zipfile.ZipFile(tmp_path / "c.pth") as old, zipfile.ZipFile(tmp_path / "d.pth", "w") as new:
        for entry in old.infolist():
            new.writestr(entry.filename, old.read(entry), zipfile.ZIP_DEFLATED)
    assert reason(tmp_path / "d.pth") == "CHECKPOINT_UNSAFE"


@pytest.mark.parametrize(
    "value",
    [
        {},
        [1],
        content(network_weights={"a": 1}),
        content(network_weights=None),
        content(trainer_name=["nnUNetTrainer"]),
        content(trainer_name="nnUNet\x1bTrainer"),
        content(init_args={}),
        content(network_weights={"a": torch.ones(2).to_sparse()}),
    ],
)
def test_what_is_no_checkpoint_is_refused(tmp_path: Path, value: object) -> None:
    assert reason(saved(tmp_path / "c.pth", value)).startswith("CHECKPOINT_UN")


def test_a_checkpoint_that_is_cut_off_or_of_an_older_torch_is_refused(tmp_path: Path) -> None:
    whole = saved(tmp_path / "c.pth", content()).read_bytes()
    for cut in (b"", whole[:100], whole[:-30]):
        (tmp_path / "d.pth").write_bytes(cut)
        assert reason(tmp_path / "d.pth") == "CHECKPOINT_UNREADABLE"
    torch.save(content(), tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    assert reason(tmp_path / "old.pth") == "CHECKPOINT_UNREADABLE"


def test_a_name_that_is_a_list_of_lists_of_lists_does_not_fill_the_memory(tmp_path: Path) -> None:
    laughs: list[Any] = ["ha"]
    for _ in range(60):
        laughs = [laughs] * 10
    assert reason(saved(tmp_path / "c.pth", content(trainer_name=laughs))) == "CHECKPOINT_UNREADABLE"
