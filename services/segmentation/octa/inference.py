"""The vessel network ready to run: on its device, batch normalisation folded in, warmed up."""

import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn.utils.fusion import fuse_conv_bn_eval

from radmesh.errors import InferenceError
from services.segmentation.octa.transform import INPUT_SIDE
from services.segmentation.octa.unet import Block, UNet
from services.segmentation.octa.weights import load_weights

AUTO = "auto"
_WARM_UP_RUNS = 2


@dataclass(frozen=True)
class Forward:
    """What the network says: logits of vessel, float32 (256, 256), and the wall time it took."""

    logits: np.ndarray
    seconds: float


class VesselNetwork:
    """A network in eval mode on one device. Not for several threads at once."""

    def __init__(self, network: UNet, device: torch.device) -> None:
        self._network = network.to(device)
        # Not a copy: the memory format of the parameters, in which convolutions run faster on CPUs.
        self._network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.device = str(device)
        for _ in range(_WARM_UP_RUNS):
            self.forward(np.zeros((1, 1, INPUT_SIDE, INPUT_SIDE), np.float32))

    @torch.inference_mode()
    def forward(self, pixels: np.ndarray) -> Forward:
        """Runs the network. pixels: float32, (1, 1, 256, 256), as to_network_input makes them.

        Raises InferenceError OUT_OF_MEMORY.
        """
        started = time.perf_counter()
        try:
            batch = torch.from_numpy(pixels).to(self.device, memory_format=torch.channels_last)
            # .cpu() waits for the device, so the time is the whole time.
            logits = self._network(batch)[0, 0].cpu().numpy()
        except torch.OutOfMemoryError:
            raise InferenceError(
                f"{self.device} has too little free memory; it may have later", reason="OUT_OF_MEMORY"
            ) from None
        return Forward(logits, time.perf_counter() - started)


def load_network(path: Path, digest: str, wanted: str) -> VesselNetwork:
    """The network of a file of weights on the device wanted: `auto`, `cpu`, `cuda` or `cuda:N`.

    digest: `sha256:{hex}` that the file must have. `auto` takes CUDA when the network runs there, else the
    CPU. Raises InferenceError when the file is another one, WeightsError when it holds no such network.
    """
    network, found = load_weights(path)
    if found != digest:
        raise InferenceError(f"{path.name} has digest {found}, not {digest}", reason="MODEL_LOAD_FAILED")
    _fold_normalisation(network)
    if wanted == AUTO and torch.cuda.is_available():
        try:
            return VesselNetwork(network, torch.device("cuda", torch.cuda.current_device()))
        except (RuntimeError, AssertionError, InferenceError) as error:
            # A driver too old, a card too small: slower is better than not at all.
            print(f"CUDA cannot be used, the CPU is: {error}", file=sys.stderr)
    if wanted == "cuda":
        wanted = f"cuda:{torch.cuda.current_device()}"
    return VesselNetwork(network, torch.device("cpu" if wanted == AUTO else wanted))


def _fold_normalisation(network: UNet) -> None:
    """Makes each batch normalisation part of the convolution before it: the same function, fewer passes."""
    for block in network.modules():
        if not isinstance(block, Block):
            continue
        for number in range(1, block.depth + 1):
            conv, norm = block.get_submodule(f"conv{number}"), block.get_submodule(f"bn{number}")
            if isinstance(conv, torch.nn.Conv2d) and isinstance(norm, torch.nn.BatchNorm2d):
                setattr(block, f"conv{number}", fuse_conv_bn_eval(conv, norm))
                setattr(block, f"bn{number}", torch.nn.Identity())
