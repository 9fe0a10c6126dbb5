"""The models of a folder, kept up with it: what comes, what goes, and what is damaged while it is served."""

import os
import shutil
from pathlib import Path

import pytest

from radmesh.errors import ModelNotFoundError
from services.chassis.models import BrokenModelError
from services.segmentation.nnunet.layout import Description
from services.segmentation.nnunet.registry import Registry
from services.segmentation.nnunet.trained import serve_trained
from tests.support.nnunet.recipes import Recipe, plain_labels
from tests.support.nnunet.trained_folders import write_trained

FLAT = Recipe("2d", (32, 32), (1.0, 1.0), plain_labels(2))


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A folder that holds the model `made-up`."""
    trained = write_trained(tmp_path / "trained", FLAT)
    serve_trained(trained, tmp_path / "models" / "made-up", Description("made-up", "Made up"))
    return tmp_path / "models"


def test_a_model_that_came_or_went_is_seen(models: Path) -> None:
    registry = Registry([models])
    assert registry.find("models/made-up").model.name == "models/made-up"
    seen = registry.signature()
    shutil.rmtree(models / "made-up")
    assert registry.signature() != seen
    with pytest.raises(ModelNotFoundError):
        registry.find("models/made-up")


@pytest.mark.parametrize("size", [0, 100])
def test_a_model_damaged_while_it_is_served_is_offered_no_more_and_named_as_that(
    models: Path, size: int
) -> None:
    registry = Registry([models])
    (weights,) = (models / "made-up").glob("*.safetensors")
    seen, written = registry.signature(), weights.stat()
    os.truncate(weights, size)
    os.utime(weights, ns=(written.st_atime_ns, written.st_mtime_ns))
    assert registry.signature() != seen
    assert registry.models() == []
    with pytest.raises(BrokenModelError, match=r"damaged.*import FOLDER --replace --name made-up") as caught:
        registry.find("models/made-up")
    assert str(models) not in caught.value.message
