"""The U-Net of octa-vessels: its layout as a value, and the network built from it.

The layout (blocks, convolutions per block, widths, kernels, biases) is not fixed in code. It is read
from a state dict, so weights trained elsewhere load as long as their blocks have these names.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

ENCODERS = ("enc1", "enc2", "enc3", "enc4")
BOTTLENECK = "bottleneck"
DECODERS = ("dec4", "dec3", "dec2", "dec1")
"""In the order of computation: dec4 is the deepest and takes the skip of enc4."""

BLOCKS = (*ENCODERS, BOTTLENECK, *DECODERS)
HEAD = "final_conv"


@dataclass(frozen=True)
class ConvLayout:
    """One convolution, followed by batch normalisation and ReLU in a block, by nothing in the head."""

    width: int
    kernel: int = 3
    bias: bool = False


@dataclass(frozen=True)
class UNetLayout:
    """Everything that shapes the network, in tensors; one input channel, one output logit."""

    blocks: Mapping[str, tuple[ConvLayout, ...]]
    head: ConvLayout

    def conv_inputs(self) -> dict[str, int]:
        """Input channels of each convolution by its name ("enc1.conv1", ..., "final_conv")."""
        inputs: dict[str, int] = {}
        channels = 1
        for block in BLOCKS:
            if block in DECODERS:
                channels += self.blocks[block.replace("dec", "enc")][-1].width
            for number, conv in enumerate(self.blocks[block], start=1):
                inputs[f"{block}.conv{number}"] = channels
                channels = conv.width
        inputs[HEAD] = channels
        return inputs


def symmetric_layout(encoders: tuple[int, int, int, int], bottleneck: tuple[int, int]) -> UNetLayout:
    """Two 3 x 3 convolutions a block; each decoder ends in the width of the level above it.

    Narrowing before the upsampling, not after, halves the work at full resolution.
    """
    widths = {name: (width, width) for name, width in zip(ENCODERS, encoders, strict=True)}
    widths[BOTTLENECK] = bottleneck
    for level, name in zip((3, 2, 1, 0), DECODERS, strict=True):
        widths[name] = (encoders[level], encoders[max(level - 1, 0)])
    blocks = {name: tuple(ConvLayout(width) for width in pair) for name, pair in widths.items()}
    return UNetLayout(blocks, ConvLayout(1, kernel=1, bias=True))


class Block(nn.Module):
    """Convolution, batch normalisation, ReLU, as often as the layout says."""

    def __init__(self, inputs: int, convs: tuple[ConvLayout, ...]) -> None:
        super().__init__()
        self.depth = len(convs)
        for number, conv in enumerate(convs, start=1):
            self.add_module(f"conv{number}", _convolution(inputs, conv))
            self.add_module(f"bn{number}", nn.BatchNorm2d(conv.width))
            inputs = conv.width

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Float (batch, channels, rows, columns) in and out; rows and columns are kept."""
        for number in range(1, self.depth + 1):
            conv, norm = self.get_submodule(f"conv{number}"), self.get_submodule(f"bn{number}")
            x = functional.relu(norm(conv(x)), inplace=True)
        return x


class UNet(nn.Module):
    """Logits for a batch of grey images: float (batch, 1, rows, columns) in and out, same size.

    Max-pooling by 2 on the way down, bilinear interpolation on the way up. In the concatenation the
    upsampled features come first, the skip second.
    """

    def __init__(self, layout: UNetLayout) -> None:
        super().__init__()
        inputs = layout.conv_inputs()
        for block in BLOCKS:
            self.add_module(block, Block(inputs[f"{block}.conv1"], layout.blocks[block]))
        self.final_conv = _convolution(inputs[HEAD], layout.head)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """One logit a pixel."""
        skips: list[torch.Tensor] = []
        for name in ENCODERS:
            x = self.get_submodule(name)(x)
            skips.append(x)
            x = functional.max_pool2d(x, 2)
        x = self.get_submodule(BOTTLENECK)(x)
        for name in DECODERS:
            skip = skips.pop()
            x = functional.interpolate(x, size=skip.shape[-2:], mode="bilinear", align_corners=False)
            x = self.get_submodule(name)(torch.cat([x, skip], dim=1))
        logits: torch.Tensor = self.final_conv(x)
        return logits


def _convolution(inputs: int, conv: ConvLayout) -> nn.Conv2d:
    return nn.Conv2d(inputs, conv.width, conv.kernel, padding=conv.kernel // 2, bias=conv.bias)
