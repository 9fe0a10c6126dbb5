"""Puts trained parameters into a network, from where they lie: a checkpoint, or a served model's file."""

from pathlib import Path
from typing import Any

from training.ct.plans import CONFIGURATION


def put_weights(network: Any, file: Path) -> None:
    """Fills a network of `plans_of` from a checkpoint of the trainer or a bundled `official.safetensors`."""
    import torch

    from services.segmentation.nnunet.weights_file import read_fold, without_aliases

    if file.suffix == ".safetensors":
        stored = read_fold(file, CONFIGURATION, "0")
        if stored.keys() != without_aliases(network.state_dict()).keys():
            raise ValueError(f"{file} is of another network")
        network.load_state_dict(stored, strict=False)  # the names it leaves out are of the same tensors
    else:
        network.load_state_dict(torch.load(file, map_location="cpu", weights_only=False)["network_weights"])
