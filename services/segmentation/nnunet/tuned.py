"""A network arranged for the processor that runs it: the same function, in less time and memory.

On a CPU, of what nnU-Net takes for a large 3D case, all but the convolutions can be had for less, and most
of those too (measured on two cores with AVX-512):
- with channels last, oneDNN's convolutions of few channels take half the time;
- so do instance norms, see norms.py;
- torch leaves small volumes to a kernel without oneDNN that takes twice as long;
- the last layer, a convolution of one voxel, is a product of matrices: made for some planes at a time, the
  logits of all classes never exist for a whole tile.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch

from services.segmentation.nnunet.norms import ChannelsLastNorm

_FORMATS = {2: torch.channels_last, 3: torch.channels_last_3d}
_NORMS = (torch.nn.InstanceNorm2d, torch.nn.InstanceNorm3d)

Function = Callable[[torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class Runnable:
    """A network in two parts. body: float32 (1, channels, *patch) to features (1, channels, *patch).

    head: features (channels, planes, rows, columns) of some planes to logits (heads, planes, rows, columns);
    None where the body gives logits. It is linear, so what holds for means of logits holds for features.
    """

    body: Function
    head: Function | None = None


def tuned(network: torch.nn.Module, sides: int) -> Runnable:
    """A network for the CPU; changes the one given. sides: of its tiles, 2 or 3."""
    head = _split_head(network)
    layers: dict[int, torch.nn.Module] = {}
    for module in list(network.modules()):
        for name, child in list(module.named_children()):
            if id(child) not in layers:
                layers[id(child)] = _replaced(child)
            setattr(module, name, layers[id(child)])
    layout = _FORMATS[sides]
    network.to(memory_format=layout)  # type: ignore[call-overload]
    return Runnable(lambda tile: network(tile.contiguous(memory_format=layout)), head)


def _product(layer: torch.nn.Conv2d | torch.nn.Conv3d) -> Function:
    """A convolution of one voxel as a product of matrices."""
    weights, biases = layer.weight.flatten(1), layer.bias

    def logits(features: torch.Tensor) -> torch.Tensor:
        channels, *sides = features.shape
        voxels = features.movedim(0, -1).reshape(-1, channels)  # as channels last has them in memory
        found = weights @ voxels.T
        return (found if biases is None else found.add_(biases[:, None])).reshape(-1, *sides)

    return logits


class _Convolution(torch.nn.Module):
    """A convolution by oneDNN, whatever the size."""

    def __init__(self, layer: torch.nn.Conv3d) -> None:
        super().__init__()
        self.weight, self.bias = layer.weight, layer.bias
        self.padding = [int(side) for side in layer.padding]
        self.stride, self.dilation, self.groups = list(layer.stride), list(layer.dilation), layer.groups

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """As the layer that it was made from."""
        return torch.mkldnn_convolution(
            x, self.weight, self.bias, self.padding, self.stride, self.dilation, self.groups
        )


def _replaced(layer: torch.nn.Module) -> torch.nn.Module:
    if isinstance(layer, _NORMS) and not layer.track_running_stats:
        return ChannelsLastNorm(layer)
    if (
        type(layer) is torch.nn.Conv3d
        and layer.padding_mode == "zeros"
        and not isinstance(layer.padding, str)
    ):
        return _Convolution(layer)
    return layer


def _split_head(network: torch.nn.Module) -> Function | None:
    """Takes the last layer off a network, where that is a convolution of one voxel."""
    layers = getattr(getattr(network, "decoder", None), "seg_layers", None)
    if not isinstance(layers, torch.nn.ModuleList) or not len(layers):
        return None
    head = layers[-1]
    if not isinstance(head, torch.nn.Conv2d | torch.nn.Conv3d) or {*head.kernel_size, *head.stride} != {1}:
        return None
    if head.groups != 1 or any(head.padding):
        return None
    layers[-1] = torch.nn.Identity()
    return _product(head)
