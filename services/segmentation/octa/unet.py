"""The U-Net of octa-vessels, built from a layout."""

import torch
from torch import nn
from torch.nn import functional

from services.segmentation.octa.layout import (
    BLOCKS,
    BOTTLENECK,
    DECODERS,
    ENCODERS,
    HEAD,
    ConvLayout,
    UNetLayout,
)


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
