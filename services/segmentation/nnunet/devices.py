"""Where a network runs and where its sums lie, and what to try when there is no room."""

import sys
from dataclasses import dataclass

import torch

from services.segmentation.nnunet.refusals import DeviceNotFoundError

AUTO = "auto"
CPU = torch.device("cpu")


@dataclass(frozen=True)
class Placement:
    """network, sums: the devices of both. message: what people should know of it, or ""."""

    network: torch.device
    sums: torch.device
    message: str = ""


def chosen_device(wanted: str) -> torch.device:
    """The device of `auto` (CUDA where it works, else the CPU), `cpu`, `cuda` or `cuda:N`.

    Raises DeviceNotFoundError where CUDA is asked for by name and is not there.
    """
    if wanted == AUTO:
        found = _working_cuda()
        return CPU if found is None else found
    device = torch.device(wanted)
    if device.type != "cuda":
        return device
    if not torch.cuda.is_available() or (device.index or 0) >= torch.cuda.device_count():
        raise DeviceNotFoundError(
            f"This worker has no {wanted}. Ask for device auto, which takes a GPU if there is one, or cpu.",
            metadata={"device": wanted},
        )
    return torch.device("cuda", torch.cuda.current_device()) if device.index is None else device


def placements(device: torch.device) -> tuple[Placement, ...]:
    """What to try in turn: all on the device, then the sums on the CPU, then everything there."""
    if device.type == "cpu":
        return (Placement(CPU, CPU),)
    full = f"{device} has too little free memory for"
    return (
        Placement(device, device),
        Placement(device, CPU, f"{full} the sums of this image: they are kept by the CPU, which is slower"),
        Placement(CPU, CPU, f"{full} this image: the CPU predicts it, which is much slower"),
    )


def _working_cuda() -> torch.device | None:
    if not torch.cuda.is_available():
        return None
    try:
        device = torch.device("cuda", torch.cuda.current_device())
        torch.nn.functional.conv2d(
            torch.ones(1, 1, 4, 4, device=device), torch.ones(1, 1, 3, 3, device=device)
        )
    except (RuntimeError, AssertionError) as error:
        # A driver too old, a card too small: slower is better than not at all.
        print(f"CUDA cannot be used, the CPU is: {error}", file=sys.stderr)
        return None
    return device


def free_memory(device: torch.device) -> None:
    """Gives back what torch keeps for later."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
