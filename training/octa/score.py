"""Dice of a network against hand-drawn truth, at the images' own size, through the service's transform."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from services.segmentation.octa.options import THRESHOLD
from services.segmentation.octa.transform import to_mask, to_network_input
from training.octa.data import LabelledImage


@dataclass(frozen=True)
class ImageScore:
    """The overlap in one image, in pixels of that image."""

    name: str
    shared: int
    predicted: int
    true: int

    @property
    def dice(self) -> float:
        """Twice the shared pixels over the sum of both (Dice 1945); 1 where both are empty."""
        return _dice(self.shared, self.predicted, self.true)


def score_masks(name: str, predicted: np.ndarray, truth: np.ndarray) -> ImageScore:
    """Both uint8 (rows, columns), foreground where not 0."""
    shared = np.count_nonzero((predicted > 0) & (truth > 0))
    return ImageScore(name, int(shared), int(np.count_nonzero(predicted)), int(np.count_nonzero(truth)))


def score_network(
    network: nn.Module, images: Iterable[LabelledImage], threshold: float = THRESHOLD
) -> list[ImageScore]:
    """One score an image, each alone in float32 as the service runs it. The network is in eval mode."""
    return [
        score_masks(
            image.name, to_mask(logits(network, image.grey), image.grey.shape, threshold), image.truth
        )
        for image in images
    ]


def logits(network: nn.Module, grey: np.ndarray) -> np.ndarray:
    """The network's output: float32 (256, 256) for grey uint8 (rows, columns)."""
    with torch.inference_mode():
        output = network(torch.from_numpy(to_network_input(grey)))
    found: np.ndarray = output[0, 0].float().numpy()
    return found


def mean_dice(scores: list[ImageScore]) -> float:
    """The mean over images, every image counting the same."""
    return float(np.mean([score.dice for score in scores]))


def micro_dice(scores: list[ImageScore]) -> float:
    """The Dice of all pixels of all images together."""
    return _dice(sum(s.shared for s in scores), sum(s.predicted for s in scores), sum(s.true for s in scores))


def _dice(shared: int, predicted: int, true: int) -> float:
    return 2 * shared / (predicted + true) if predicted + true else 1.0
