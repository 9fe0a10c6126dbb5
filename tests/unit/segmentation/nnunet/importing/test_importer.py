"""A trained model that somebody sends becomes one that is served, whole; or a reason, and nothing."""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from radmesh.errors import ExhaustedError
from services.chassis.runner import CancelledRun
from services.segmentation.nnunet.importing import install as installing
from services.segmentation.nnunet.importing.importer import ImportOptions, import_model
from services.segmentation.nnunet.importing.refusals import ModelRefusedError
from services.segmentation.nnunet.layout import Description
from services.segmentation.nnunet.manifest import NnunetManifest, read_nnunet
from services.segmentation.nnunet.weights_file import stored_folds
from tests.support.nnunet.archives import Change, pack
from tests.support.nnunet.recipes import Recipe
from tests.support.nnunet.trained_folders import write_trained

LABELS = {"background": 0, "liver": 1, "left_kidney": 2, "gizmo": 3}
FLAT = Recipe("2d", (32, 32), (1.0, 1.0), LABELS, mirroring_axes=(0, 1), trainings=2)
LOW = Recipe("3d_lowres", (16, 16, 16), (2.0, 2.0, 2.0), LABELS, features=(4, 8))
FINE = Recipe(
    "3d_cascade_fullres", (16, 16, 16), (1.0, 1.0, 1.0), LABELS, features=(4, 8), previous_stage="3d_lowres"
)


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of one configuration with two folds."""
    return write_trained(tmp_path_factory.mktemp("results"), FLAT)[0]


def bring(
    file: Path, models: Path, *, cancelled: Callable[[], bool] = lambda: False, **fields: Any
) -> NnunetManifest:
    """Imports a file as `made-up`."""
    options = ImportOptions(models, Description("made-up", "Made up"), **fields)
    return import_model(file, options, lambda *_: None, cancelled)


def refusal(file: Path, models: Path, **fields: Any) -> ModelRefusedError:
    """Why a file is not imported; nothing of it is left."""
    with pytest.raises(ModelRefusedError) as caught:
        bring(file, models, **fields)
    assert not models.exists() or not list(models.iterdir())
    return caught.value


def changed(name: str, change: Callable[[Any], None]) -> Change:
    """Changes the JSON of one file."""

    def apply(path: str, content: bytes) -> bytes:
        if not path.endswith(name):
            return content
        value = json.loads(content)
        change(value)
        return json.dumps(value).encode()

    return apply


@pytest.mark.parametrize("inside", ["Dataset777_MadeUp", "a/b c/ü", ""])
def test_an_export_is_served_whole_with_its_labels_coded_where_they_are_known(
    trained: Path, tmp_path: Path, models: Path, inside: str
) -> None:
    made = bring(pack(tmp_path / "m.zip", [trained], inside=inside), models)
    assert made == read_nnunet(models / "made-up")
    assert [(one.name, one.code) for one in made.labels] == [
        ("liver", "10200004"),
        ("left_kidney", "18639004"),
        ("gizmo", ""),
    ]
    assert stored_folds(made.model.weights[0].path) == {"2d": ("0", "1")}
    assert sorted(path.name for path in models.iterdir()) == ["made-up"]


def test_a_folder_packed_from_its_own_top_is_found(trained: Path, tmp_path: Path, models: Path) -> None:
    file = tmp_path / "m.zip"
    with zipfile.ZipFile(file, "w") as archive:
        for path in trained.rglob("*"):
            archive.write(path, path.relative_to(trained))
    assert bring(file, models).configuration == "2d"


def test_both_stages_of_a_cascade_are_one_model(tmp_path: Path, models: Path) -> None:
    folders = write_trained(tmp_path / "results", LOW, FINE)
    made = bring(pack(tmp_path / "m.zip", folders), models)
    assert made.configuration == "3d_cascade_fullres"
    assert set(made.configurations) == {"3d_lowres", "3d_cascade_fullres"}


def test_a_cascade_without_its_first_stage_says_what_is_missing(tmp_path: Path, models: Path) -> None:
    folders = write_trained(tmp_path / "results", LOW, FINE)
    error = refusal(pack(tmp_path / "m.zip", folders[1:]), models)
    assert error.reason == "PLANS_NOT_SERVED"
    assert "3d_lowres, which is not there" in error.message


def test_a_fold_without_its_checkpoint_is_named(trained: Path, tmp_path: Path, models: Path) -> None:
    def without(name: str, content: bytes) -> bytes | None:
        return None if name.endswith("fold_1/checkpoint_final.pth") else content

    with zipfile.ZipFile(pack(tmp_path / "m.zip", [trained], change=without), "a") as archive:
        archive.writestr(f"Dataset777_MadeUp/{trained.name}/fold_1/progress.png", b"")
    error = refusal(tmp_path / "m.zip", models)
    assert (error.reason, error.metadata["folds"]) == ("MODEL_INCOMPLETE", "1")


def test_two_data_sets_are_not_one_model(trained: Path, tmp_path: Path, models: Path) -> None:
    other = write_trained(tmp_path / "other", LOW)[0]
    assert refusal(pack(tmp_path / "m.zip", [trained, other]), models).reason == "SEVERAL_MODELS"


def test_two_trainings_of_one_configuration_are_named(trained: Path, tmp_path: Path, models: Path) -> None:
    again = write_trained(tmp_path / "results", replace(LOW, trainer="nnUNetTrainerNoMirroring"))[0]
    first = write_trained(tmp_path / "results", LOW)[0]
    error = refusal(pack(tmp_path / "m.zip", [first, again]), models)
    assert error.reason == "SEVERAL_MODELS"
    assert error.message.startswith(f"Two folders hold {LOW.configuration}: ")
    assert first.name in error.message
    assert again.name in error.message


def test_what_holds_no_model_says_what_to_send(tmp_path: Path, models: Path) -> None:
    with zipfile.ZipFile(tmp_path / "m.zip", "w") as archive:
        archive.writestr("inner/model.zip", b"PK")
    error = refusal(tmp_path / "m.zip", models)
    assert error.reason == "NO_MODEL_IN_ARCHIVE"
    assert "Unpack them first" in error.message


def test_a_trainer_of_somebodys_own_is_refused_with_the_likest_of_those_served(
    tmp_path: Path, models: Path
) -> None:
    own = write_trained(tmp_path / "results", replace(LOW, trainer="nnUNetTrainerNoMirrorin"))
    error = refusal(pack(tmp_path / "m.zip", own), models)
    assert (error.reason, error.metadata["trainer"]) == ("TRAINER_NOT_SERVED", "nnUNetTrainerNoMirrorin")
    assert "such as nnUNetTrainer, nnUNetTrainerNoMirroring" in error.message
    assert len(error.message) < 400


def test_a_name_that_is_taken_is_kept_until_it_shall_be_replaced(
    trained: Path, tmp_path: Path, models: Path
) -> None:
    first = bring(pack(tmp_path / "m.zip", [trained]), models)
    other = pack(tmp_path / "n.zip", write_trained(tmp_path / "results", LOW))
    wrong: list[dict[str, Any]] = [{}, {"taken": frozenset({"made-up"}), "replace": True}]
    for fields in wrong:
        with pytest.raises(ModelRefusedError) as caught:
            bring(other, models, **fields)
        assert caught.value.reason == "MODEL_EXISTS"
    assert read_nnunet(models / "made-up") == first
    assert bring(other, models, replace=True).configuration == "3d_lowres"
    assert [path.name for path in models.iterdir()] == ["made-up"]


def test_tensors_that_do_not_fit_the_plans_are_named(trained: Path, tmp_path: Path, models: Path) -> None:
    def widen(plans: Any) -> None:
        plans["configurations"]["2d"]["architecture"]["arch_kwargs"]["features_per_stage"][1] = 16

    error = refusal(pack(tmp_path / "m.zip", [trained], change=changed("plans.json", widen)), models)
    assert error.reason == "CHECKPOINT_MISMATCH"
    assert "encoder.stages.1" in error.message


def test_a_third_channel_that_the_network_has_not_is_refused(
    trained: Path, tmp_path: Path, models: Path
) -> None:
    def more(plans: Any) -> None:
        plans["configurations"]["2d"]["normalization_schemes"] *= 2
        plans["configurations"]["2d"]["use_mask_for_norm"] *= 2
        plans["foreground_intensity_properties_per_channel"]["1"] = {"mean": 0.0, "std": 1.0}

    def name(dataset: Any) -> None:
        dataset["channel_names"]["1"] = "PET"

    only_named = pack(tmp_path / "m.zip", [trained], change=changed("dataset.json", name))
    assert refusal(only_named, models).reason == "PLANS_NOT_SERVED"

    def both(path: str, content: bytes) -> bytes | None:
        halfway = changed("dataset.json", name)(path, content) or b""
        return changed("plans.json", more)(path, halfway)

    assert refusal(pack(tmp_path / "n.zip", [trained], change=both), models).reason in (
        "CHECKPOINT_MISMATCH",
        "PLANS_NOT_SERVED",
    )


@pytest.mark.parametrize("step", range(1, 8))
def test_a_cancel_at_any_step_leaves_nothing(trained: Path, tmp_path: Path, models: Path, step: int) -> None:
    left = iter(range(step))
    with pytest.raises(CancelledRun):
        bring(pack(tmp_path / "m.zip", [trained]), models, cancelled=lambda: next(left, None) is None)
    assert not models.exists() or not list(models.iterdir())


def test_a_full_disk_leaves_nothing_and_says_so(
    trained: Path, tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(installing, "sync", full)
    with pytest.raises(ExhaustedError) as caught:
        bring(pack(tmp_path / "m.zip", [trained]), models)
    assert caught.value.reason == "DISK_FULL"
    assert not list(models.iterdir())


def test_what_a_killed_import_left_goes_with_the_next_one(
    trained: Path, tmp_path: Path, models: Path
) -> None:
    abandoned = models / ".importing-0123"
    (abandoned / "trained").mkdir(parents=True)
    (abandoned / "lock").touch()
    with installing.workplace(models) as used:
        bring(pack(tmp_path / "m.zip", [trained]), models)
        assert used.exists()
    assert [path.name for path in models.iterdir()] == ["made-up"]


def test_a_truncated_archive_is_refused(trained: Path, tmp_path: Path, models: Path) -> None:
    whole = pack(tmp_path / "m.zip", [trained]).read_bytes()
    for length in (10, len(whole) // 2, len(whole) - 5):
        (tmp_path / "cut.zip").write_bytes(whole[:length])
        assert refusal(tmp_path / "cut.zip", models).reason == "ARCHIVE_UNREADABLE"
    (tmp_path / "cut.zip").write_bytes(whole[:2000] + bytes(200) + whole[2200:])
    assert refusal(tmp_path / "cut.zip", models).reason.endswith("UNREADABLE")


def test_a_checkpoint_that_asks_for_more_than_tensors_is_not_loaded(
    trained: Path, tmp_path: Path, models: Path
) -> None:
    class Hostile:
        def __reduce__(self) -> tuple[object, ...]:
            return (Path.touch, (tmp_path / "ran",))

    buffer = io.BytesIO()
    torch.save({"network_weights": {}, "extra": Hostile()}, buffer)

    def swap(name: str, content: bytes) -> bytes:
        return buffer.getvalue() if name.endswith("fold_1/checkpoint_final.pth") else content

    error = refusal(pack(tmp_path / "m.zip", [trained], change=swap), models)
    assert error.reason == "CHECKPOINT_UNSAFE"
    assert "pathlib" in error.metadata["globals"]
    assert "fold_1" in error.message
    assert not (tmp_path / "ran").exists()
