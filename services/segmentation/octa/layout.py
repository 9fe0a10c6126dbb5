"""The layout of octa-vessels' U-Net as a value, and the shape that it gives every tensor.

Convolutions per block, widths, kernels and biases are not fixed in code: they are read from the
tensors, so weights trained elsewhere load as long as their blocks have these names.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

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


Shape = tuple[int | None, ...]
"""The shape a tensor needs; None where the tensor that would tell the number is missing."""


def needed_shapes(found: Mapping[str, tuple[int, ...]]) -> dict[str, Shape]:
    """The shape of every tensor of the network that the found ones speak for, complete or not.

    found: shapes by canonical name. A convolution's own tensors tell its width, the convolution
    before it tells its input channels. A block without any tensor is as deep as the deepest other.
    """
    needed: dict[str, Shape] = {}
    depths = {block: _depth(found, block) for block in BLOCKS}
    widths: dict[str, int | None] = {}
    channels: int | None = 1
    for block in BLOCKS:
        if block in DECODERS:
            skip = widths[block.replace("dec", "enc")]
            channels = None if channels is None or skip is None else channels + skip
        for number in range(1, (depths[block] or max(depths.values()) or 1) + 1):
            needed |= _unit_shapes(found, f"{block}.conv{number}", f"{block}.bn{number}", channels)
            channels = _width(found, f"{block}.conv{number}", f"{block}.bn{number}")
        widths[block] = channels
    return needed | _conv_shapes(found, HEAD, 1, channels, kernel=1)


def layout_of(found: Mapping[str, tuple[int, ...]]) -> UNetLayout:
    """The layout of a complete and consistent set of tensors: shapes by canonical name."""
    blocks = {
        block: tuple(_conv_layout(found, f"{block}.conv{n}") for n in range(1, _depth(found, block) + 1))
        for block in BLOCKS
    }
    return UNetLayout(blocks, _conv_layout(found, HEAD))


def _conv_layout(found: Mapping[str, tuple[int, ...]], conv: str) -> ConvLayout:
    weight = found[f"{conv}.weight"]
    return ConvLayout(width=weight[0], kernel=weight[-1], bias=f"{conv}.bias" in found)


def _unit_shapes(
    found: Mapping[str, tuple[int, ...]], conv: str, norm: str, channels: int | None
) -> dict[str, Shape]:
    width = _width(found, conv, norm)
    fields = ("weight", "bias", "running_mean", "running_var")
    return _conv_shapes(found, conv, width, channels, kernel=3) | {
        f"{norm}.{field}": (width,) for field in fields
    }


def _conv_shapes(
    found: Mapping[str, tuple[int, ...]], conv: str, width: int | None, channels: int | None, kernel: int
) -> dict[str, Shape]:
    """kernel: assumed where the weight is missing or has no odd square kernel, which keeps the size."""
    weight = found.get(f"{conv}.weight", ())
    if len(weight) == 4 and weight[2] == weight[3] and weight[2] % 2:
        kernel = weight[2]
    bias: dict[str, Shape] = {f"{conv}.bias": (width,)} if f"{conv}.bias" in found else {}
    return {f"{conv}.weight": (width, channels, kernel, kernel)} | bias


def _width(found: Mapping[str, tuple[int, ...]], conv: str, norm: str) -> int | None:
    weight = found.get(f"{conv}.weight", ())
    if len(weight) == 4:
        return weight[0]
    vectors = (found.get(name, ()) for name in (f"{norm}.weight", f"{norm}.running_mean", f"{conv}.bias"))
    return next((vector[0] for vector in vectors if len(vector) == 1), None)


def _depth(found: Mapping[str, tuple[int, ...]], block: str) -> int:
    pattern = re.compile(rf"{block}\.(?:conv|bn)(\d+)\.")
    return max((int(match[1]) for name in found if (match := pattern.match(name))), default=0)
