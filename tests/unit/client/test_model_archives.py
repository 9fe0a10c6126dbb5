"""A trained folder is packed with what a served model needs, the same bytes every time."""

import os
import zipfile
from pathlib import Path

import pytest

from radmesh.client.model_archives import NotTrainedError, needed_files, pack_trained

FINAL = "checkpoint_final.pth"


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    """A folder as nnU-Net leaves it, with much that nobody needs."""
    folder = tmp_path / "Dataset003_Liver" / "nnUNetTrainer__nnUNetPlans__2d"
    for name in (
        *("plans.json", "dataset.json", "dataset_fingerprint.json"),
        *(f"fold_0/{name}" for name in (FINAL, "checkpoint_best.pth", "progress.png", "debug.json")),
        *(f"fold_1/{name}" for name in (FINAL, "validation/summary.json", "validation/case.nii.gz")),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def packed(folder: Path, target: Path, checkpoint: str = FINAL) -> list[str]:
    pack_trained(folder, target, checkpoint)
    with zipfile.ZipFile(target) as archive:
        assert archive.testzip() is None
        return archive.namelist()


def test_only_what_is_needed_goes_along(trained: Path, tmp_path: Path) -> None:
    top = f"model/{trained.name}"
    wanted = ["plans.json", "dataset.json", f"fold_0/{FINAL}", f"fold_1/{FINAL}"]
    assert packed(trained, tmp_path / "a.zip") == [f"{top}/{name}" for name in wanted]
    whole = packed(trained.parent, tmp_path / "b.zip")
    assert [name.rpartition("/")[2] for name in whole] == ["plans.json", "dataset.json", FINAL, FINAL]


def test_the_same_files_make_the_same_archive(trained: Path, tmp_path: Path) -> None:
    packed(trained, tmp_path / "a.zip")
    for path in trained.rglob("*"):
        os.utime(path, (1, 1))
    packed(trained, tmp_path / "b.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_a_fold_without_its_checkpoint_is_named_and_an_empty_one_passed_over(
    trained: Path, tmp_path: Path
) -> None:
    (trained / "fold_2").mkdir()
    names = packed(trained, tmp_path / "a.zip")
    assert not [name for name in names if "fold_2" in name]
    (trained / "fold_2" / "checkpoint_latest.pth").touch()
    with pytest.raises(NotTrainedError, match=f"fold_2 has no {FINAL}"):
        needed_files(trained, FINAL)


def test_a_folder_without_a_model_says_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(NotTrainedError, match="nnUNetTrainer__nnUNetPlans__3d_fullres"):
        needed_files(tmp_path, FINAL)
