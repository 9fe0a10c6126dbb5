"""A bundled model's file fills a network to train on or to score, and one of another network is refused."""

import numpy as np
import pytest

from training.ct.inputs import NETWORKS
from training.ct.score import BUNDLED, Predictor

LOCATE, MEASURE = (BUNDLED / f"ct-l3-{name}" / "official.safetensors" for name in ("locate", "measure"))


def test_bundled_weights_see_a_body() -> None:
    rows, columns = np.indices((224, 224)) - 112
    hu = np.where(np.hypot(rows / 70, columns / 95) < 1, 60, -1000).astype(np.float32)
    found = Predictor(NETWORKS["measure"], MEASURE).label(hu[None])
    assert found[112, 112] > 0
    assert not found[0, 0]


def test_the_file_of_another_network_is_refused() -> None:
    with pytest.raises(ValueError, match="another network"):
        Predictor(NETWORKS["measure"], LOCATE)
