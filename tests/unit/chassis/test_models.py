"""A manifest is believed only where its weights are what it says."""

import hashlib
from pathlib import Path

import pytest

from radmesh.errors import WeightsNotFoundError
from services.chassis.models import BrokenModelError, read_manifest

CONTENT = b"parameters"
DIGEST = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"
MANIFEST = f"""
name = "octa-vessels"
title = "Vessels"
version = "1.0.0"
licence = "MIT"
intended_use = "None"
[training]
data = "drawn"
[accuracy]
measure = "Dice"
data = "drawn too"
dice = 0.9
[weights.new]
file = "new.safetensors"
sha256 = "{DIGEST}"
[weights.official]
file = "official.safetensors"
sha256 = "{DIGEST}"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "model.toml").write_text(MANIFEST)
    for name in ("official", "new"):
        (tmp_path / f"{name}.safetensors").write_bytes(CONTENT)
    return tmp_path


def test_the_official_weights_are_the_default(folder: Path) -> None:
    manifest = read_manifest(folder)
    assert manifest.find_weights("").name == "models/octa-vessels/weights/official"
    assert manifest.find_weights("models/octa-vessels/weights/new").digest == DIGEST
    model = manifest.to_proto()
    assert model.name == "models/octa-vessels"
    assert [weights.size_bytes for weights in model.weights] == [len(CONTENT)] * 2


def test_a_model_is_a_demonstrator_unless_its_manifest_says_otherwise(folder: Path) -> None:
    assert read_manifest(folder).demonstrator
    (folder / "model.toml").write_text("demonstrator = false\n" + MANIFEST)
    assert not read_manifest(folder).demonstrator


def test_weights_that_are_not_there_are_refused_with_those_that_are(folder: Path) -> None:
    with pytest.raises(WeightsNotFoundError, match="weights/official"):
        read_manifest(folder).find_weights("models/octa-vessels/weights/best")


def test_weights_that_were_changed_are_refused(folder: Path) -> None:
    (folder / "official.safetensors").write_bytes(b"other parameters")
    with pytest.raises(BrokenModelError, match=r"official\.safetensors has digest"):
        read_manifest(folder)


def test_missing_weights_are_named(folder: Path) -> None:
    (folder / "new.safetensors").unlink()
    with pytest.raises(BrokenModelError, match=r"new\.safetensors is missing"):
        read_manifest(folder)


@pytest.mark.parametrize("broken", ["name = ", "title = 'x'", ""])
def test_a_manifest_that_cannot_be_used_is_named(folder: Path, broken: str) -> None:
    (folder / "model.toml").write_text(broken)
    with pytest.raises(BrokenModelError, match=r"model\.toml"):
        read_manifest(folder)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('title = "Vessels"', "title = 7"),
        ('version = "1.0.0"', "version = 1.0"),
        ("dice = 0.9", 'dice = "good"'),
        ('[accuracy]\nmeasure = "Dice"', '[[accuracy]]\nmeasure = "Dice"'),
        ('file = "new.safetensors"', "file = 7"),
        ('file = "new.safetensors"', 'file = "../new.safetensors"'),
        ('file = "new.safetensors"', 'file = "/etc/hostname"'),
        ('title = "Vessels"', 'title = "Vessels"\ndemonstrator = "no"'),
    ],
)
def test_a_value_that_cannot_be_used_is_named(folder: Path, right: str, wrong: str) -> None:
    assert right in MANIFEST
    (folder / "model.toml").write_text(MANIFEST.replace(right, wrong))
    with pytest.raises(BrokenModelError, match=r"model\.toml"):
        read_manifest(folder)


def test_the_bundled_model_is_what_its_manifest_says() -> None:
    models = Path(__file__).parents[3] / "models"
    assert read_manifest(models / "octa-vessels").name == "models/octa-vessels"
