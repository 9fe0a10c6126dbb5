"""One side of a 3D measurement in a process: `python -m bench.nnunet_peer FOLDER ours|stock time|memory`.

Prints as JSON, for `time`, the seconds of a warm prediction and the share of convolutions in it; for
`memory`, how far the process's memory rose above what it had with the model loaded.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch.profiler import ProfilerActivity, profile

from services.segmentation.nnunet.predictor import PredictOptions, open_network
from tests.support.nnunet.images import blobs

SPACING = (1.0, 1.0, 1.0)
_CONVOLUTIONS = ("convolution", "conv3d", "conv_transpose")


def stock(root: Path, step: float) -> Callable[[np.ndarray], object]:
    """A warm `nnUNetPredictor`, in this process. step: of one tile to the next, as a part of a tile."""
    from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor

    predictor = nnUNetPredictor(
        tile_step_size=step,
        use_mirroring=False,
        perform_everything_on_device=False,
        device=torch.device("cpu"),
        allow_tqdm=False,
    )
    folder = next((root / "results").iterdir())
    predictor.initialize_from_trained_model_folder(str(folder), ("0",))
    return lambda image: predictor.predict_single_npy_array(image, {"spacing": list(SPACING)})


def ours(root: Path, step: float) -> Callable[[np.ndarray], object]:
    """Our network, in this process. step: see `stock`."""
    network = open_network(root / "served", device="cpu")
    options = PredictOptions(mirroring=False, tile_step=step)
    return lambda image: network.predict(image, SPACING, options, lambda _: None, lambda: False)


def _memory(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith(f"{field}:"))


def _timed(predict: Callable[[np.ndarray], object], image: np.ndarray) -> dict[str, float]:
    begin = time.perf_counter()
    with profile(activities=[ProfilerActivity.CPU]) as seen:
        predict(image)
    seconds = time.perf_counter() - begin
    events = seen.key_averages()
    total = sum(event.self_cpu_time_total for event in events)
    convolving = sum(
        event.self_cpu_time_total for event in events if any(word in event.key for word in _CONVOLUTIONS)
    )
    return {"seconds": seconds, "convolutions": convolving / total}


def _weighed(predict: Callable[[np.ndarray], object], image: np.ndarray) -> dict[str, float]:
    before = _memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    predict(image)
    return {"peak": _memory("VmHWM") - before}


def main() -> None:
    """Measures the side that the command line names."""
    root, side, what = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    torch.set_num_threads(2)
    # Tiles side by side need as much memory as those that overlap, and are a third as many.
    step = 1.0 if what == "memory" else 0.5
    predict = (stock if side == "stock" else ours)(root, step)
    predict(blobs((32, 32, 32)))
    found = (_weighed if what == "memory" else _timed)(predict, blobs((200, 256, 256)))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
