"""Networks of ct-l3 train with nnU-Net's own trainer, go on after an end, and stock nnU-Net takes them."""

import subprocess
import sys
from pathlib import Path

import pytest

PREDICT = """
import sys, numpy as np, torch
from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor
predictor = nnUNetPredictor(device=torch.device("cpu"), use_mirroring=False, allow_tqdm=False)
predictor.initialize_from_trained_model_folder(sys.argv[1], (0,), "checkpoint_final.pth")
image = np.zeros((1, 1, 224, 320), np.float32)
print("predicted", predictor.predict_single_npy_array(image, {"spacing": [1.0, 1.5, 1.5]}).shape)
"""


def python(*arguments: str) -> str:
    """What a Python process printed; it must end well."""
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False, timeout=280
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.timeout(600)
def test_a_training_goes_on_where_it_ended_and_stock_nnunet_predicts_with_it(tmp_path: Path) -> None:
    python("-m", "training.ct.prepare", "measure", "--folder", str(tmp_path), "--phantoms", "0:3")
    train = ("-m", "training.ct.train", "measure", "--folder", str(tmp_path), "--name", "t", "--epoch", "1")
    assert "Epoch 0" in python(*train, "--iterations", "1", "--phantoms-only")
    (results,) = (tmp_path / "results" / "t").glob("*/nnUNetTrainerNoMirroring__nnUNetPlans__2d")
    (results / "fold_0" / "checkpoint_final.pth").rename(results / "fold_0" / "checkpoint_latest.pth")
    resumed = python(*train, "--iterations", "2", "--phantoms-only", "--continue")
    assert "Epoch 1" in resumed
    assert "Epoch 0" not in resumed
    assert "predicted (1, 224, 320)" in python("-c", PREDICT, str(results))
