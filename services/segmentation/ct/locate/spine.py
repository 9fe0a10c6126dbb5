"""Finds the spine's curved middle in the survey of a study."""

import numpy as np
from scipy import ndimage

from services.segmentation.ct.locate.curve import SpineCurve
from services.segmentation.ct.locate.evidence import BODY_HU, bone_of, distance_from_midline, likeness
from services.segmentation.ct.locate.path import best_path
from services.segmentation.ct.locate.refusals import refused
from services.segmentation.ct.locate.survey import CELL_MM, HEIGHT_MM, Survey

_STIFFNESS = 0.04
"""What a step of one cell costs, in units of likeness."""

_SMOOTH_MM = 48.0
"""Reach of the fit along the column: a scoliosis bends over 180 mm and more."""

_TURN_SMOOTH_MM = 30.0

_FROM, _TO = 0.05, 0.15
"""Likeness that is trusted not at all, and wholly."""

_LEAST_TRUST = 0.3
"""Mean over the best 60 mm: less is no spine."""

_ASIDE = 0.1
"""What lying 50 mm beside the middle of the trunk costs, growing with the square: hips are bone, too."""

_LEAST_BODY = 0.01


def find_spine(seen: Survey) -> SpineCurve:
    """The curve of the bodies' middles. Raises ImageFormatError NO_BODY, SPINE_NOT_FOUND.

    A vertebra's shape is looked for in every turn at every place, the best way from foot to head is taken
    that bends no more than a spine does, and then smoothed. All of it is local: heights that are 100 mm away
    change nothing.
    """
    if (seen.hu > BODY_HU).mean() < _LEAST_BODY:
        raise refused(
            "All slices show air: there is no patient in them. Send the series that shows the abdomen.",
            reason="NO_BODY",
        )
    fits = likeness(bone_of(seen.hu))
    aside = np.minimum(distance_from_midline(seen.hu) * (CELL_MM / 50), 3)[:, None, :] ** 2 * _ASIDE
    path = best_path(fits.max(0) - aside, _STIFFNESS)
    fits = _at_turn(fits, _turns(fits, path))
    path = best_path(fits - aside, _STIFFNESS)
    number = np.arange(len(path))
    found = fits[number, path[:, 0], path[:, 1]]
    trust = np.clip((found - _FROM) / (_TO - _FROM), 0, 1)
    _check_found(trust)
    weight = np.clip(found - _FROM, 0.005, None) ** 2
    heights = seen.heights.centres_mm
    places = path + np.stack([_peak(fits, path, axis) for axis in (0, 1)], 1)
    depths = (places[:, 0] + seen.depths.start) * CELL_MM
    sides = (places[:, 1] + seen.sides.start) * CELL_MM
    return SpineCurve(heights, _fitted(sides, weight), _fitted(depths, weight), trust)


def _check_found(trust: np.ndarray) -> None:
    window = max(1, min(len(trust), round(60 / HEIGHT_MM)))
    best = float(np.convolve(trust, np.ones(window) / window, "valid").max())
    if best < _LEAST_TRUST:
        raise refused(
            "No spine was found in the slices. Send an axial CT of the abdomen, from the lowest ribs to the "
            "sacrum, with the whole trunk in the field of view.",
            reason="SPINE_NOT_FOUND",
            trust=f"{best:.2f}",
        )


def _turns(fits: np.ndarray, path: np.ndarray) -> np.ndarray:
    """How the vertebrae along a path are turned, as an index into the turns, between two of them too."""
    number = np.arange(len(path))
    near = np.stack(
        [
            fits[:, n, max(0, r - 1) : r + 2, max(0, c - 2) : c + 3].max((1, 2))
            for n, (r, c) in zip(number, path, strict=True)
        ],
        1,
    )
    near = ndimage.gaussian_filter1d(near, _TURN_SMOOTH_MM / HEIGHT_MM, axis=1, mode="nearest")
    best = near.argmax(0).clip(1, len(fits) - 2)
    turn = best + _parabola(near[best - 1, number], near[best, number], near[best + 1, number])
    turn = ndimage.gaussian_filter1d(turn, _TURN_SMOOTH_MM / HEIGHT_MM, mode="nearest")
    clipped: np.ndarray = np.clip(turn, 0, len(fits) - 1)
    return clipped


def _at_turn(fits: np.ndarray, turns: np.ndarray) -> np.ndarray:
    """The likeness at one turn for each height."""
    number = np.arange(len(turns))
    low = np.floor(turns).astype(np.intp).clip(0, len(fits) - 2)
    share = (turns - low).astype(np.float32)[:, None, None]
    between: np.ndarray = (1 - share) * fits[low, number] + share * fits[low + 1, number]
    return between


def _peak(fits: np.ndarray, path: np.ndarray, axis: int) -> np.ndarray:
    """How far, in cells, the true maximum lies from each place of the path along an axis."""
    number, places = np.arange(len(path)), path.copy()
    places[:, axis] = places[:, axis].clip(1, fits.shape[1 + axis] - 2)
    values = []
    for step in (-1, 0, 1):
        there = places.copy()
        there[:, axis] += step
        values.append(fits[number, there[:, 0], there[:, 1]])
    moved: np.ndarray = places[:, axis] - path[:, axis] + _parabola(*values)
    return moved


def _parabola(before: np.ndarray, here: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Where between −1 and 1 the parabola through three values is highest."""
    top: np.ndarray = 0.5 * (before - after) / np.minimum(before - 2 * here + after, -1e-6)
    clipped: np.ndarray = np.clip(top, -1, 1)
    return clipped


def _fitted(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """At each height the value there of the parabola fitted to its neighbourhood, weighted by trust.

    Slope and above all curvature are held back where there is little to fit them to.
    """
    number = np.arange(len(values))
    out = np.empty(len(values))
    reach = int(_SMOOTH_MM / HEIGHT_MM)
    for place in number:
        near = slice(max(0, place - reach), place + reach + 1)
        along = (number[near] - place) / (reach + 1)
        share = (1 - np.abs(along) ** 3) ** 3 * weight[near]
        terms = np.stack([np.ones_like(along), along, along**2], 1)
        held = np.diag([1e-9, 0.02, 0.3]) * share.sum()
        # Around the mean, so that holding back the slope does not pull towards the frame's origin.
        mean = (share @ values[near]) / share.sum()
        fit = np.linalg.solve(
            (terms * share[:, None]).T @ terms + held, terms.T @ (share * (values[near] - mean))
        )
        out[place] = mean + fit[0]
    return out
