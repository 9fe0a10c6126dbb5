"""A model has several weights: they come whole, go alone, and one of them is official."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from radmesh.errors import ModelNotFoundError, RadmeshError, WeightsNotFoundError
from services.segmentation.nnunet.importing import weights as changing
from services.segmentation.nnunet.importing.importer import ImportOptions, import_model
from services.segmentation.nnunet.importing.refusals import ModelRefusedError
from services.segmentation.nnunet.importing.weights import delete_weights, imported_folder, set_official
from services.segmentation.nnunet.layout import Description
from services.segmentation.nnunet.manifest import NnunetManifest, read_nnunet
from tests.support.nnunet.archives import pack
from tests.support.nnunet.recipes import Recipe
from tests.support.nnunet.trained_folders import write_trained

LABELS = {"background": 0, "liver": 1}
FLAT = Recipe("2d", (16, 16), (1.0, 1.0), LABELS, features=(4, 4), trainings=2)
ONE_FOLD = replace(FLAT, trainings=1, mirroring_axes=(0,))


def bring(root: Path, recipe: Recipe = ONE_FOLD, seed: int = 1, **fields: Any) -> NnunetManifest:
    """Imports a made-up training into `root`/models/liver."""
    archive = root / "sent.zip"
    folder = root / f"trained-{len(list(root.iterdir()))}"
    pack(archive, write_trained(folder, recipe, seed=seed))
    options = ImportOptions(root / "models", Description("liver", "Liver"), **fields)
    return import_model(archive, options, lambda *_: None, lambda: False)


def ids(model: NnunetManifest) -> list[str]:
    return [one.name.rpartition("/")[2] for one in model.model.weights]


def folds(model: NnunetManifest, weights: str) -> tuple[str, ...]:
    return model.of(f"models/liver/weights/{weights}").configurations["2d"].folds


def stored(root: Path) -> set[str]:
    return {path.name for path in (root / "models" / "liver").iterdir()}


def test_another_training_comes_beside_the_first_with_folds_of_its_own(tmp_path: Path) -> None:
    first = bring(tmp_path, FLAT, seed=0)
    both = bring(tmp_path, weights="v2")
    assert ids(both) == ["official", "v2"]
    assert both.model.weights[0] == first.model.weights[0]
    assert both.model.weights[1].digest != first.model.weights[0].digest
    assert (folds(both, "official"), folds(both, "v2")) == (("0", "1"), ("0",))
    assert both.of("models/liver/weights/v2").configurations["2d"].mirroring_axes == (0,)


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        (replace(ONE_FOLD, spacing=(2.0, 1.0)), "plans"),
        (replace(ONE_FOLD, labels={"background": 0, "spleen": 1}), "labels"),
        (replace(ONE_FOLD, channels=("PET",)), "channels"),
    ],
)
def test_weights_of_another_model_are_refused_and_leave_nothing(
    tmp_path: Path, recipe: Recipe, said: str
) -> None:
    before = bring(tmp_path, FLAT, seed=0)
    files = stored(tmp_path)
    with pytest.raises(ModelRefusedError, match=said) as caught:
        bring(tmp_path, recipe, weights="v2")
    assert caught.value.reason == "WEIGHTS_DIFFER"
    assert (read_nnunet(before.folder), stored(tmp_path)) == (before, files)


def test_a_name_that_is_taken_is_refused_unless_it_is_to_be_replaced(tmp_path: Path) -> None:
    bring(tmp_path, FLAT, seed=0)
    bring(tmp_path, weights="v2")
    files = stored(tmp_path)
    for name in ("v2", "official"):
        with pytest.raises(ModelRefusedError) as caught:
            bring(tmp_path, seed=3, weights=name)
        assert caught.value.reason == "WEIGHTS_EXIST"
    assert stored(tmp_path) == files
    replaced = bring(tmp_path, seed=3, weights="official", replace=True)
    assert (ids(replaced), folds(replaced, "official")) == (["official", "v2"], ("0",))
    # What is no longer named is gone.
    assert len(stored(tmp_path)) == len(files)


def test_there_is_an_end_to_how_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bring(tmp_path, FLAT, seed=0)
    monkeypatch.setattr(changing, "MAX_WEIGHTS", 1)
    with pytest.raises(ModelRefusedError) as caught:
        bring(tmp_path, weights="v2")
    assert caught.value.reason == "TOO_MANY_WEIGHTS"


def test_the_official_ones_change_by_name_only(tmp_path: Path) -> None:
    bring(tmp_path, FLAT, seed=0)
    before = bring(tmp_path, weights="v2")
    digests = {one.name.rpartition("/")[2]: one.digest for one in before.model.weights}
    set_official(before.folder, "v2", "v1")
    after = read_nnunet(before.folder)
    assert ids(after) == ["official", "v1"]
    assert [one.digest for one in after.model.weights] == [digests["v2"], digests["official"]]
    assert (folds(after, "official"), folds(after, "v1")) == (("0",), ("0", "1"))
    set_official(before.folder, "v1", "v2")
    assert {
        one.name.rpartition("/")[2]: one.digest for one in read_nnunet(before.folder).model.weights
    } == digests


def test_who_chooses_what_is_not_there_is_told(tmp_path: Path) -> None:
    model = bring(tmp_path, FLAT, seed=0)
    with pytest.raises(WeightsNotFoundError, match="official"):
        set_official(model.folder, "v2", "v1")
    bring(tmp_path, weights="v2")
    bring(tmp_path, seed=3, weights="v3")
    with pytest.raises(ModelRefusedError) as caught:
        set_official(model.folder, "v2", "v3")
    assert caught.value.reason == "WEIGHTS_EXIST"
    with pytest.raises(ModelNotFoundError):
        imported_folder(tmp_path / "models", tmp_path / "bundled", "kidney")
    (tmp_path / "bundled" / "liver").mkdir(parents=True)
    with pytest.raises(ModelRefusedError) as caught:
        imported_folder(tmp_path / "models", tmp_path / "bundled", "liver")
    assert caught.value.reason == "MODEL_BUNDLED"


def test_weights_go_alone_and_once_and_never_the_official_ones(tmp_path: Path) -> None:
    model = bring(tmp_path, FLAT, seed=0)
    files = stored(tmp_path)
    bring(tmp_path, weights="v2")
    assert delete_weights(model.folder, "v2")
    assert not delete_weights(model.folder, "v2")
    assert (read_nnunet(model.folder), stored(tmp_path)) == (model, files)
    with pytest.raises(ModelRefusedError) as caught:
        delete_weights(model.folder, "official")
    assert caught.value.reason == "WEIGHTS_OFFICIAL"


def test_a_full_disk_leaves_the_model_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = bring(tmp_path, FLAT, seed=0)
    files = stored(tmp_path)

    def full(path: Path) -> None:
        if path.name.endswith(".part"):
            raise OSError(28, os.strerror(28))

    monkeypatch.setattr(changing, "sync", full)
    with pytest.raises(RadmeshError) as caught:
        bring(tmp_path, weights="v2")
    assert caught.value.reason == "DISK_FULL"
    assert (read_nnunet(model.folder), stored(tmp_path)) == (model, files)
