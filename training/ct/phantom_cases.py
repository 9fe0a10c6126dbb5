"""Images for both networks, drawn from phantoms without drawing their volumes."""

from collections.abc import Callable

import numpy as np
from scipy import ndimage

from training.ct.inputs import BESIDE_MM, BLOCK_MM, PITCH_MM, SLAB_MM, Case
from training.phantoms.render import Phantom, draw_phantom, pose_of, render
from training.phantoms.scan import degrade
from training.phantoms.tissues import Tissue, compartments_of

_COARSE = 4.0
_BODY_MM = 11.0
"""Above and below the middle of L3 a slice meets its body in whoever is not small for his skeleton."""
_WIDE_PIXELS = 0.2
"""Share of the slices whose pixels are wider than the network's."""


def axial_case(phantom: Phantom, rng: np.random.Generator, *, at_l3: bool = False) -> Case:
    """A slice as the measuring network sees it: through the body of L3, or mostly near it, from S1 to T11."""
    scan, extent, pose = phantom.scan, phantom.scene.extent, pose_of(phantom.scan)
    s = phantom.scene.skeleton
    near = at_l3 or rng.random() < 0.65
    reach = (-_BODY_MM, _BODY_MM) if at_l3 else (-60, 60) if near else (-110, 150)
    z = rng.uniform(*reach) * s
    margin = rng.uniform(8, 60, 4)
    x = np.arange(-extent.side - margin[0], extent.side + margin[1], PITCH_MM).astype(np.float32)
    y = np.arange(extent.front - margin[2], extent.back + margin[3], PITCH_MM).astype(np.float32)
    grid_x, grid_y = np.meshgrid(x, y)
    points = np.stack([grid_x, grid_y, np.full_like(grid_x, z)], 2) @ pose.astype(np.float32)
    jitter = np.diag([PITCH_MM / 2, PITCH_MM / 2, scan.thickness_mm / 2]) @ pose
    plane = render(phantom, points, jitter, 4, rng)
    hu = plane.hu
    if (plane.tissue == Tissue.METAL).any():
        hu = hu + metal_streaks(plane.tissue == Tissue.METAL, rng)
    hu = degrade(hu, (PITCH_MM, PITCH_MM), scan, rng)
    if rng.random() < _WIDE_PIXELS:
        hu = widened(hu, rng.uniform(1.2, 2.2))
    truth = compartments_of(plane.tissue)
    outside = np.hypot(grid_x - scan.shift_x, grid_y - (extent.front + extent.back) / 2 - scan.shift_y)
    cut = outside > scan.field_mm / 2
    hu[cut], truth[cut] = -1024, 0
    return mirrored(Case(hu[None], truth), rng)


def widened(hu: np.ndarray, times: float) -> np.ndarray:
    """The image as of pixels that are so many times as wide, brought back to its size as the service does."""
    shape = tuple(max(2, round(side / times)) for side in hu.shape)
    return stretched(stretched(ndimage.gaussian_filter(hu, 0.35 * times), shape), hu.shape)


def mirrored(case: Case, rng: np.random.Generator) -> Case:
    """Left for right, half of the time: the compartments are the same at both sides."""
    if rng.random() < 0.5:
        return case
    return Case(np.ascontiguousarray(case.image[:, :, ::-1]), np.ascontiguousarray(case.truth[:, ::-1]))


def metal_streaks(metal: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Bright and dark rays from the metal, fading with the distance."""
    rows, columns = np.nonzero(metal)
    y, x = np.indices(metal.shape) - np.array((rows.mean(), columns.mean()))[:, None, None]
    angle, far = np.arctan2(y, x), np.hypot(x, y) * PITCH_MM + 10
    rays = sum(np.sin(k * angle + rng.uniform(0, 6.3)) for k in rng.integers(2, 24, 6))
    streaks: np.ndarray = (rng.uniform(500, 2500) * rays / far).astype(np.float32)
    return streaks


def covered(rng: np.random.Generator, s: float) -> tuple[float, float]:
    """Lowest and highest point of a study against L3: trunk, abdomen, spine, or some part of it."""
    kind = rng.choice(5, p=(0.25, 0.35, 0.2, 0.12, 0.08))
    low, high = (
        (rng.uniform(-235, -200), rng.uniform(180, 250)),
        (rng.uniform(-230, -150), rng.uniform(90, 180)),
        (rng.uniform(-150, -30), rng.uniform(70, 220)),
        (rng.uniform(-200, -60), rng.uniform(20, 100)),
        (rng.uniform(-230, 60), 0.0),
    )[kind]
    if kind == 4:
        high = low + rng.uniform(100, 190)
    return low * s, min(high * s, 250.0 * s)


def sagittal_case(phantom: Phantom, rng: np.random.Generator) -> Case:
    """The two channels of the locating network with the bodies' levels."""
    scan, pose = phantom.scan, pose_of(phantom.scan)
    low, high = covered(rng, phantom.scene.skeleton)
    centres = np.stack(
        [v.frame.centre for v in phantom.scene.spine if v.name[0] in "TL" or v.name in ("S1", "S2")]
    )
    line = (centres @ pose.T)[::-1]
    error = spine_error(rng)

    def curve(z: np.ndarray) -> np.ndarray:
        there: np.ndarray = np.interp(z, line[:, 2], line[:, 0]) + error(z)
        return there

    front = rng.uniform(-210, -160) + np.interp(0.0, line[:, 2], line[:, 1])
    columns = np.arange(front, front + 192 * PITCH_MM, PITCH_MM)
    slices = np.arange(high, low, -scan.step_mm)
    fine = np.arange(high, slices[-1], -PITCH_MM)

    def points(z: np.ndarray, y: np.ndarray, beside: float = 0.0) -> np.ndarray:
        grid_y, grid_z = np.meshgrid(y, z)
        grid_x = np.broadcast_to((curve(z) + beside)[:, None], grid_y.shape)
        there: np.ndarray = (np.stack([grid_x, grid_y, grid_z], 2) @ pose).astype(np.float32)
        return there

    jitter = np.diag([SLAB_MM / 2, PITCH_MM / 2, scan.thickness_mm / 2]) @ pose
    samples = 2 if scan.step_mm < 2 else 3
    hu = render(phantom, points(slices, columns), jitter, samples, rng).hu
    hu = degrade(hu, (scan.step_mm, PITCH_MM), scan, rng)
    truth = phantom.scene.sample(points(fine, columns).reshape(-1, 3)).level.reshape(len(fine), -1)
    coarse_z, coarse_y = np.arange(high, slices[-1], -_COARSE), columns[::2]
    block = np.diag([BLOCK_MM / 2, 0.5, max(1.0, scan.thickness_mm) / 2]) @ pose
    offsets = [side * far for side in (-1.0, 1.0) for far in BESIDE_MM]
    planes = np.concatenate([points(coarse_z, coarse_y, offset) for offset in offsets])
    beside = render(phantom, planes, block, 2, rng).hu.reshape(len(offsets), len(coarse_z), -1).max(0)
    beside = ndimage.gaussian_filter(beside, 0.6) + rng.normal(0, 0.3 * scan.noise_hu, beside.shape)
    image = np.stack([stretched(hu, truth.shape), stretched(beside, truth.shape)])
    return Case(image, truth)


def spine_error(rng: np.random.Generator) -> Callable[[np.ndarray], np.ndarray]:
    """How wrong the service may find the spine's middle: an offset, a slope and a wave, millimetres."""
    offset, slope = rng.normal(0, 3.0), rng.normal(0, 0.02)
    wave, length, phase = rng.uniform(0, 4), rng.uniform(80, 250), rng.uniform(0, 6.3)
    return lambda z: offset + slope * z + wave * np.sin(z / length * 6.3 + phase)


def stretched(image: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Brought to a shape by linear interpolation, its corners kept."""
    rows = np.linspace(0, image.shape[0] - 1, shape[0])
    columns = np.linspace(0, image.shape[1] - 1, shape[1])
    grid = np.meshgrid(rows, columns, indexing="ij")
    taken: np.ndarray = ndimage.map_coordinates(image, grid, order=1, mode="nearest").astype(np.float32)
    return taken


def draw_case(network: str, seed: int) -> Case:
    """The phantom image of this seed for `locate` or `measure`."""
    rng = np.random.default_rng([seed, 30])
    phantom = draw_phantom(seed)
    return sagittal_case(phantom, rng) if network == "locate" else axial_case(phantom, rng)
