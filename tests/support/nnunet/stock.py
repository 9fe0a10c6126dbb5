"""The stock `nnUNetv2_predict` in a process and environment of its own, on images written for it."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import SimpleITK

DATASET = "Dataset777_MadeUp"
_COMMAND = Path(sys.executable).parent / "nnUNetv2_predict"


def results_folder(root: Path) -> Path:
    """Where trained folders of a model have to lie for the command to find them."""
    return root / "results" / DATASET


def stock_mask(
    root: Path,
    image: np.ndarray,
    spacing_mm: Sequence[float],
    *,
    configurations: Sequence[str],
    trainer: str = "nnUNetTrainer",
    folds: Sequence[str] = ("0",),
    mirroring: bool = True,
    step: float = 0.5,
    threads: int = 1,
) -> np.ndarray:
    """The mask that the command writes for an image, (slices, rows, columns).

    root: with trained folders in `results_folder(root)`. image: (channels, slices, rows, columns).
    configurations: one, or those of a cascade in order.
    """
    images = root / "images"
    images.mkdir()
    for channel, volume in enumerate(image):
        written = SimpleITK.GetImageFromArray(volume)
        written.SetSpacing([float(side) for side in reversed(spacing_mm)])  # type: ignore[no-untyped-call]
        SimpleITK.WriteImage(written, images / f"case_{channel:04d}.nii.gz")
    before: Path | None = None
    for configuration in configurations:
        masks = root / f"masks-{configuration}"
        command = [str(_COMMAND), "-i", str(images), "-o", str(masks), "-d", DATASET, "-c", configuration]
        command += ["-tr", trainer, "-f", *folds, "-step_size", str(step)]
        command += ["-device", "cpu", "-npp", "1", "-nps", "1"]
        command += [] if mirroring else ["--disable_tta"]
        command += ["-prev_stage_predictions", str(before)] if before else []
        _run(command, root, threads)
        before = masks
    return np.asarray(SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(masks / "case.nii.gz")))


def _run(command: Sequence[str], root: Path, threads: int) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment |= {
        "nnUNet_raw": str(root / "raw"),
        "nnUNet_preprocessed": str(root / "preprocessed"),
        "nnUNet_results": str(root / "results"),
        "nnUNet_def_n_proc": "1",
        "OMP_NUM_THREADS": str(threads),
    }
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode:
        raise AssertionError(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
