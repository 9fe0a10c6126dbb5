"""Where the two networks of ct-l3 are, for tests that run it."""

import os
from pathlib import Path

import pytest

from services.segmentation.ct.pipeline import is_served

BUNDLED = Path(__file__).resolve().parents[3] / "models"
MODELS = Path(os.environ.get("RADMESH_TEST_MODELS", BUNDLED))
"""The bundled models, unless the environment names others, such as those of a training under way."""

needs_ct_models = pytest.mark.skipif(not is_served(MODELS), reason="the models of ct-l3 are not in models/")
