"""What is bundled for ct-l3 stays small, and says how accurate it is."""

import tomllib
from pathlib import Path

import pytest

MODELS = Path(__file__).parents[4] / "models"
CT_L3 = ("ct-l3-locate", "ct-l3-measure")


def test_the_models_of_ct_l3_take_less_than_30_mb() -> None:
    files = [file for name in CT_L3 for file in (MODELS / name).iterdir()]
    assert 1_000_000 < sum(file.stat().st_size for file in files) < 30_000_000


@pytest.mark.parametrize("name", CT_L3)
def test_a_model_says_what_it_was_measured_on_and_that_it_is_a_demonstrator(name: str) -> None:
    manifest = tomllib.loads((MODELS / name / "model.toml").read_text(encoding="utf-8"))
    assert "Not for clinical use" in manifest["intended_use"]
    assert manifest["accuracy"]["data"].startswith("300 ")
    assert 0.85 < manifest["accuracy"]["dice"] < 1
