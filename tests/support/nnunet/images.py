"""Images for made-up models: smooth blobs with noise, in Hounsfield units or so, with a border of zeros."""

import numpy as np
from scipy.ndimage import gaussian_filter


def blobs(shape: tuple[int, int, int], channels: int = 1, seed: int = 0, border: int = 0) -> np.ndarray:
    """float32 (channels, *shape), whole numbers; border: voxels of 0 all around, which nnU-Net crops away."""
    random = np.random.default_rng(seed)
    found = np.zeros((channels, *shape), np.float32)
    inner = tuple(slice(border, side - border) if side > 2 * border else slice(None) for side in shape)
    for channel in found:
        size = channel[inner].shape
        coarse = gaussian_filter(random.normal(0, 1, size), [min(4.0, side / 4) for side in size])
        channel[inner] = np.round(coarse / coarse.std() * 400 + random.normal(0, 40, size) + 50)
    return found
