"""What predicting with a warm network in the child saves over nnU-Net's own ways, in time and memory."""

import json
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np

from bench.figures import Figure
from services.chassis.runner import CancelledRun
from services.segmentation.nnunet.layout import Description
from services.segmentation.nnunet.predictor import NnunetNetwork, PredictOptions, open_network
from services.segmentation.nnunet.trained import serve_trained
from tests.support.nnunet.images import blobs
from tests.support.nnunet.recipes import Recipe, plain_labels
from tests.support.nnunet.stock import results_folder, stock_mask
from tests.support.nnunet.trained_folders import write_trained

_FEATURES = (16, 32, 64, 128, 160, 160)
_FLAT = Recipe("2d", (256, 256), (1.0, 1.0), plain_labels(4), features=_FEATURES, convolutions=2)
_SPACING = (1.0, 1.0, 1.0)
_ONCE = PredictOptions(mirroring=False)


def solid(labels: int) -> Recipe:
    """A 3D network with tiles of 128³ voxels. labels: background among them."""
    features = (8, 16, 32, 64, 128, 160)
    patch = (128, 128, 128)
    return Recipe("3d_fullres", patch, _SPACING, plain_labels(labels - 1), features=features, convolutions=2)


def _serve(folder: Path, recipe: Recipe, results: Path) -> Path:
    trained = write_trained(results, recipe)
    return serve_trained(trained, folder / "served", Description("bench", "Made up")).folder


def measure_flat(folder: Path) -> list[Figure]:
    """One small 2D case: the stock command, which starts anew each time, and ours, which is there already."""
    served = _serve(folder, _FLAT, results_folder(folder))
    image = blobs((1, 256, 256))
    begin = time.perf_counter()
    stock_mask(folder, image, _SPACING, configurations=["2d"], mirroring=False, threads=2)
    command = time.perf_counter() - begin
    network = open_network(served, device="cpu")
    seconds = []
    for _ in range(6):
        begin = time.perf_counter()
        network.predict(image, _SPACING, _ONCE, lambda _: None, lambda: False)
        seconds.append(time.perf_counter() - begin)
    ours = sorted(seconds[1:])[len(seconds[1:]) // 2]
    detail = f"{command:.1f} s over {ours:.3f} s, 256 x 256, base 16, no mirroring"
    what = "one warm case over nnUNetv2_predict's wall time, small 2D"
    return [Figure(what, command / ours, "times", 20, 45, more_is_better=True, detail=detail)]


def measure_solid(folder: Path) -> list[Figure]:
    """The 3D case beside a warm `nnUNetPredictor`, each in a process of its own, after each other."""
    _serve(folder, solid(4), folder / "results")
    theirs, ours = (_peer(folder, side, "time") for side in ("stock", "ours"))
    detail = (
        f"{theirs['seconds']:.0f} s over {ours['seconds']:.0f} s; convolutions are "
        f"{100 * theirs['convolutions']:.0f} % of theirs, {100 * ours['convolutions']:.0f} % of ours"
    )
    ratio = theirs["seconds"] / ours["seconds"]
    what = "3D case of 256 x 256 x 200, base 8, warm, against warm nnUNetPredictor"
    return [Figure(what, ratio, "times", 1.05, 1.2, more_is_better=True, detail=detail), _cancel(folder)]


def measure_memory(folder: Path) -> list[Figure]:
    """The same with 100 classes: what memory rises by while it predicts."""
    _serve(folder, solid(100), folder / "results")
    theirs, ours = (_peer(folder, side, "memory") for side in ("stock", "ours"))
    detail = f"{ours['peak'] / 2**30:.1f} GiB over {theirs['peak'] / 2**30:.1f} GiB above the loaded model"
    return [
        Figure(
            "peak memory of the same, 100 classes, over nnU-Net's",
            ours["peak"] / theirs["peak"],
            "",
            0.5,
            0.25,
            detail=detail,
        )
    ]


def _peer(folder: Path, side: str, what: str) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.nnunet_peer", str(folder), side, what]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _cancel(folder: Path) -> Figure:
    """From a cancel in the middle of a tile until the prediction has stopped, in the bare runner."""
    network = open_network(folder / "served", device="cpu")
    image = blobs((128, 128, 128))
    network.predict(image, _SPACING, _ONCE, lambda _: None, lambda: False)
    begin = time.perf_counter()
    network.predict(image, _SPACING, _ONCE, lambda _: None, lambda: False)
    tile = time.perf_counter() - begin
    waits = [_stopped_after(network, image, part * tile) for part in (0.1, 0.3, 0.5, 0.7)]
    detail = f"worst of {len(waits)} in one tile of 128³ voxels, which takes {tile:.1f} s"
    return Figure("cancel until stopped, bare runner", max(waits), "s", 1.0, tile, detail=detail)


def _stopped_after(network: NnunetNetwork, image: np.ndarray, delay: float) -> float:
    """Seconds from a cancel, `delay` seconds after the start, until the prediction has ended."""
    due = time.perf_counter() + delay
    with suppress(CancelledRun):
        network.predict(image, _SPACING, _ONCE, lambda _: None, lambda: time.perf_counter() > due)
    return time.perf_counter() - due
