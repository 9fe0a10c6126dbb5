"""The network that runs says what the trained one says, on whatever device works."""

from pathlib import Path

import numpy as np
import pytest
import torch

from radmesh.errors import InferenceError
from services.chassis.models import read_manifest
from services.segmentation.octa.inference import load_network
from services.segmentation.octa.weights import load_weights

WEIGHTS = read_manifest(Path(__file__).parents[4] / "models" / "octa-vessels").weights[0]


def test_folding_batch_normalisation_changes_no_logit() -> None:
    pixels = np.random.default_rng(3).uniform(-1, 1, (1, 1, 256, 256)).astype(np.float32)
    network, _ = load_weights(WEIGHTS.path)
    with torch.inference_mode():
        plain = network(torch.from_numpy(pixels))[0, 0].numpy()
    forward = load_network(WEIGHTS.path, WEIGHTS.digest, "cpu").forward(pixels)
    assert forward.logits.shape == (256, 256)
    assert forward.seconds > 0
    np.testing.assert_allclose(forward.logits, plain, rtol=1e-3, atol=1e-3)


def test_a_cuda_that_does_not_work_is_replaced_by_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> int:
        raise RuntimeError("CUDA driver version is insufficient for CUDA runtime version")

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "current_device", broken)
    assert load_network(WEIGHTS.path, WEIGHTS.digest, "auto").device == "cpu"
    with pytest.raises(RuntimeError, match="insufficient"):
        load_network(WEIGHTS.path, WEIGHTS.digest, "cuda")


def test_a_file_that_is_not_the_one_promised_is_refused() -> None:
    with pytest.raises(InferenceError, match="has digest"):
        load_network(WEIGHTS.path, f"sha256:{'0' * 64}", "cpu")
