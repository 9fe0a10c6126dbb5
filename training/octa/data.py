"""The ROSSA images and their hand-drawn or semi-automatic vessel masks, held in memory."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

DEFAULT_ROOT = Path("../shared/data/rossa")
"""Relative to the repository's root; holds train_manual, train_sam and val."""


@dataclass(frozen=True)
class LabelledImage:
    """An en-face image and its truth, both uint8 (rows, columns); the truth is 0 or 255."""

    name: str
    grey: np.ndarray
    truth: np.ndarray


def load_split(root: Path, split: str) -> list[LabelledImage]:
    """Every image of root/split/image with the mask of the same name in root/split/label, by name.

    Raises FileNotFoundError when the folder is missing or holds no PNG.
    """
    paths = sorted((root / split / "image").glob("*.png"), key=lambda path: int(path.stem))
    if not paths:
        raise FileNotFoundError(
            f"no PNG images in {root / split / 'image'}; name the ROSSA folder with --data"
        )
    return [_load(path, root / split / "label" / path.name) for path in paths]


def _load(image_path: Path, label_path: Path) -> LabelledImage:
    with Image.open(image_path) as image, Image.open(label_path) as label:
        grey = np.asarray(image.convert("L"))
        truth = np.where(np.asarray(label.convert("L")) > 127, 255, 0).astype(np.uint8)
    return LabelledImage(image_path.stem, grey, truth)
