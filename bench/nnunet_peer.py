"""One side of the 3D measurement in a process of its own: `python -m bench.nnunet_peer FOLDER ours|stock`.

Prints, as JSON, the seconds of a warm prediction, the share of convolutions in it, and how far the process's
memory rose above what it had with the model loaded.
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


def stock(root: Path) -> Callable[[np.ndarray], object]:
    """A warm `nnUNetPredictor`, in this process."""
    from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor

    predictor = nnUNetPredictor(
        use_mirroring=False,
        perform_everything_on_device=False,
        device=torch.device("cpu"),
        allow_tqdm=False,
    )
    folder = next((root / "results").iterdir())
    predictor.initialize_from_trained_model_folder(str(folder), ("0",))
    return lambda image: predictor.predict_single_npy_array(image, {"spacing": list(SPACING)})


def ours(root: Path) -> Callable[[np.ndarray], object]:
    """Our network, in this process."""
    network = open_network(root / "served", device="cpu")
    options = PredictOptions(mirroring=False)
    return lambda image: network.predict(image, SPACING, options, lambda _: None, lambda: False)


def _memory(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith(f"{field}:"))


def main() -> None:
    """Measures the side that the command line names."""
    root, side = Path(sys.argv[1]), sys.argv[2]
    torch.set_num_threads(2)
    predict = (stock if side == "stock" else ours)(root)
    predict(blobs((32, 32, 32)))
    image = blobs((200, 256, 256))
    before = _memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    begin = time.perf_counter()
    with profile(activities=[ProfilerActivity.CPU]) as seen:
        predict(image)
    seconds = time.perf_counter() - begin
    peak = _memory("VmHWM") - before
    events = seen.key_averages()
    total = sum(event.self_cpu_time_total for event in events)
    convolving = sum(
        event.self_cpu_time_total for event in events if any(word in event.key for word in _CONVOLUTIONS)
    )
    print(json.dumps({"seconds": seconds, "convolutions": convolving / total, "peak": peak}))


if __name__ == "__main__":
    main()
