"""Prints the figures of docs/accuracy.md: python -m training.octa.evaluate

Every image goes alone through the service's transform, in float32, without test-time augmentation;
its mask is compared at the image's own size.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

from services.segmentation.octa.transform import to_mask, to_network_input
from services.segmentation.octa.weights import load_weights
from training.octa.data import DEFAULT_ROOT, LabelledImage, load_split
from training.octa.export import OFFICIAL
from training.octa.score import ImageScore, mean_dice, micro_dice, score_masks, score_network

WORST = 5
TIMED_RUNS = 20


def resolution_cap(images: list[LabelledImage]) -> float:
    """The mean Dice of the truth itself, sent down to 256 x 256 and brought back by the same filter."""
    scores = []
    for image in images:
        # From -1 to 1, so that the edge lies at 0 as that of logits does.
        small = to_network_input(image.truth)[0, 0]
        scores.append(score_masks(image.name, to_mask(small, image.truth.shape), image.truth))
    return mean_dice(scores)


def warm_milliseconds(network: nn.Module, grey: np.ndarray) -> float:
    """The median of warm forward passes of one image, milliseconds."""
    inputs = torch.from_numpy(to_network_input(grey))
    spans = []
    with torch.inference_mode():
        for _ in range(TIMED_RUNS + 3):
            began = time.perf_counter()
            network(inputs)
            spans.append(time.perf_counter() - began)
    return float(np.median(spans[3:])) * 1000


def report(scores: list[ImageScore]) -> str:
    """The distribution over images as lines of text."""
    dice = np.array([score.dice for score in scores])
    low, quarter, half, three_quarters, high = np.quantile(dice, [0, 0.25, 0.5, 0.75, 1])
    precision = sum(s.shared for s in scores) / max(1, sum(s.predicted for s in scores))
    recall = sum(s.shared for s in scores) / max(1, sum(s.true for s in scores))
    worst = sorted(scores, key=lambda score: score.dice)[:WORST]
    return "\n".join(
        [
            f"images                 {len(scores)}",
            f"Dice, mean of images   {mean_dice(scores):.4f}  (standard deviation {dice.std():.4f})",
            f"Dice, all pixels       {micro_dice(scores):.4f}",
            f"precision, recall      {precision:.4f}, {recall:.4f}",
            f"lowest, quartiles, top {low:.3f}  {quarter:.3f}  {half:.3f}  {three_quarters:.3f}  {high:.3f}",
            f"images below 0.90      {int((dice < 0.90).sum())}",
            f"worst images           {', '.join(f'{score.name} ({score.dice:.3f})' for score in worst)}",
        ]
    )


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--weights", type=Path, default=OFFICIAL)
    parser.add_argument("--data", type=Path, default=DEFAULT_ROOT)
    parser.add_argument("--split", default="val")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    network, digest = load_weights(options.weights)
    images = load_split(options.data, options.split)
    print(f"weights                {options.weights.name}, {options.weights.stat().st_size:,} bytes")
    print(f"digest                 {digest}")
    print(report(score_network(network, images)))
    print(f"cap of 256 x 256       {resolution_cap(images):.4f}")
    span = warm_milliseconds(network, images[0].grey)
    print(f"warm inference         {span:.0f} ms, {options.threads} threads")


if __name__ == "__main__":
    main()
