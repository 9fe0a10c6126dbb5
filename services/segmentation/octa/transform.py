"""From a grey image to the network's input, and from its logits to a mask. No torch.

Training resizes through the same functions, so that the network meets at inference what it has learnt.
"""

import math

import numpy as np
from PIL import Image

from services.segmentation.octa.options import THRESHOLD
from services.segmentation.octa.overlay import overlay

__all__ = ["overlay", "to_mask", "to_network_input", "vessel_area_fraction"]

INPUT_SIDE = 256
"""Rows and columns of the network's input, pixels."""

MEAN = 0.5
STD = 0.5

FOREGROUND = 255
"""The value of a vessel pixel in a mask; every other pixel is 0."""

DOWN_FILTER = Image.Resampling.BILINEAR
"""With Pillow's support scaled to the ratio, so a reduction is also a low-pass against speckle."""

UP_FILTER = Image.Resampling.BILINEAR
"""For logits; the loss of the training brings them up the same way."""


def to_network_input(grey: np.ndarray) -> np.ndarray:
    """The network's input tensor for one image of any size.

    grey: uint8, (rows, columns). Returns float32, (1, 1, 256, 256): batch, channel, rows, columns,
    scaled to 0..1, less the mean 0.5, over the standard deviation 0.5, so -1..1.
    The aspect ratio is not kept. Raises ValueError for another type or number of dimensions.
    """
    _require_grey(grey)
    small = Image.fromarray(grey).resize((INPUT_SIDE, INPUT_SIDE), DOWN_FILTER)
    scaled = np.asarray(small, dtype=np.float32) / 255.0
    return ((scaled - MEAN) / STD)[np.newaxis, np.newaxis]


def to_mask(logits: np.ndarray, size: tuple[int, int], threshold: float = THRESHOLD) -> np.ndarray:
    """The vessel mask at the image's own size.

    logits: float32, (rows, columns), the network's output before the sigmoid. size: (rows, columns) of the
    image. threshold: of the probability, 0..1. Returns uint8, (rows, columns), 0 or 255.

    The logits are brought to size, and only there become probabilities and are thresholded. A sigmoid
    flattens the slope that says where between two coarse pixels an edge runs: on ROSSA's val, probabilities
    brought to size lose 0.02 of Dice, and thresholding first would cap it at 0.842.
    """
    rows, columns = size
    full = Image.fromarray(logits.astype(np.float32, copy=False)).resize((columns, rows), UP_FILTER)
    return np.where(np.asarray(full) >= _logit(threshold), FOREGROUND, 0).astype(np.uint8)


def _logit(probability: float) -> float:
    """The inverse of the sigmoid, infinite at 0 and 1: with it logits are compared as they are."""
    if probability <= 0.0:
        return -math.inf
    return math.inf if probability >= 1.0 else math.log(probability / (1.0 - probability))


def vessel_area_fraction(mask: np.ndarray) -> float:
    """Vessel pixels over all pixels, 0..1. mask: uint8, (rows, columns), vessel where not 0.

    On an en-face image this is the vessel area density of the slab, without unit.
    """
    return float(np.count_nonzero(mask)) / mask.size


def _require_grey(grey: np.ndarray) -> None:
    if grey.dtype != np.uint8 or grey.ndim != 2 or grey.size == 0:
        raise ValueError(f"a grey image is uint8 (rows, columns); this is {grey.dtype} {grey.shape}")
