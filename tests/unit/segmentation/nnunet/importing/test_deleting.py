"""An imported model goes whole; what came with the installation stays."""

import shutil
from pathlib import Path

import pytest

from services.segmentation.nnunet.importing.deleting import delete_model
from services.segmentation.nnunet.importing.refusals import ModelRefusedError

NNUNET, OTHER = 'kind = "nnunet"\n', 'kind = "unet"\n'


def model(folder: Path, kind: str = NNUNET) -> Path:
    folder.mkdir(parents=True)
    (folder / "model.toml").write_text(kind)
    (folder / "official.safetensors").write_bytes(b"weights")
    return folder


def test_a_model_goes_with_all_its_files_and_once(tmp_path: Path) -> None:
    model(tmp_path / "imported" / "liver")
    kept = model(tmp_path / "imported" / "kidney")
    assert delete_model(tmp_path / "imported", tmp_path / "models", "liver")
    assert list((tmp_path / "imported").iterdir()) == [kept]
    assert not delete_model(tmp_path / "imported", tmp_path / "models", "liver")


def test_files_that_cannot_all_be_deleted_at_once_are_never_half_a_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = model(tmp_path / "liver")
    monkeypatch.setattr(shutil, "rmtree", lambda *_, **__: None)  # as if it were killed before it could
    assert delete_model(tmp_path, tmp_path, "liver")
    assert not folder.exists()
    assert all(one.name.startswith(".") for one in tmp_path.iterdir())


@pytest.mark.parametrize("shared", [True, False], ids=["one folder for all", "a folder of their own"])
@pytest.mark.parametrize(("name", "kind"), [("octa-vessels", OTHER), ("ct-l3-locate", NNUNET)])
def test_a_bundled_model_stays(tmp_path: Path, name: str, kind: str, shared: bool) -> None:
    folder = model(tmp_path / "models" / name, kind)
    with pytest.raises(ModelRefusedError) as caught:
        delete_model(tmp_path / "models" if shared else tmp_path / "imported", tmp_path / "models", name)
    assert caught.value.reason == "MODEL_BUNDLED"
    assert (folder / "official.safetensors").exists()
