"""Which body is which vertebra: the votes of all of them, made to agree with the order of a spine."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from services.segmentation.ct.locate.levels import Level

NAMES = tuple(level for level in Level if level > Level.SACRUM)
"""What a body can be, from foot to head."""

_LEAST_VOTE = 0.02
"""No vote counts for less: the network is sure of what it says more often than it is right."""

_OUT_OF_STEP = 3.0
"""What a level costs that is missing, or one too many, against what the distance of two bodies says."""

_BACKWARDS = 12.0
_SIXTH_LUMBAR = 2.0
_NOT_ON_SACRUM = 1.5
"""The lowest body above a sacrum is the last lumbar one, but for the few who have four of them."""


@dataclass(frozen=True)
class Order:
    """levels: of each body, the best as a whole. sureness: float64 (bodies, NAMES), each row sums to 1."""

    levels: tuple[Level, ...]
    sureness: np.ndarray = field(repr=False)


def in_order(heights_mm: Sequence[float], votes: np.ndarray, sacrum_height_mm: float | None) -> Order:
    """The levels of bodies given from foot to head.

    votes: float (bodies, len(Level)), the network's mean probabilities. By dynamic programming over all
    assignments; a body's sureness sums over all of them too, so that a spine whose every body could as well
    be one level higher is unsure at every body.
    """
    gain = np.log(votes[:, NAMES[0] : NAMES[-1] + 1] + _LEAST_VOTE)
    steps = _steps(heights_mm)
    if sacrum_height_mm is not None and steps.size and _directly_above(heights_mm, sacrum_height_mm, steps):
        gain[0] -= _NOT_ON_SACRUM * np.minimum(np.arange(len(NAMES)), 3)
    moves = [_moves(number) for number in levels_apart(heights_mm)]
    return Order(_best(gain, moves), _sureness(gain, moves))


def _steps(heights_mm: Sequence[float]) -> np.ndarray:
    return np.diff(np.asarray(heights_mm, float))


def _directly_above(heights_mm: Sequence[float], sacrum_mm: float, steps: np.ndarray) -> bool:
    return 0 < heights_mm[0] - sacrum_mm < 2.5 * float(np.median(steps))


def levels_apart(heights_mm: Sequence[float]) -> list[int]:
    """By how many levels each body but the first is above the one before it, told by the distance."""
    steps = _steps(heights_mm)
    if not len(steps):
        return []
    usual = float(np.median(steps))
    return [max(1, round(float(step) / usual - 0.15)) for step in steps]


def _moves(number: int) -> np.ndarray:
    """What it costs that a body is this and the next one above it that, as gain; (NAMES, NAMES)."""
    below, above = np.meshgrid(np.arange(len(NAMES)), np.arange(len(NAMES)), indexing="ij")
    last = len(NAMES) - 1
    expected = np.minimum(below + number, last)
    cost = _OUT_OF_STEP * np.abs(above - expected).astype(float)
    cost[(above <= below) & (below < last)] += _BACKWARDS
    cost[0, 0] = _SIXTH_LUMBAR
    return -cost


def _best(gain: np.ndarray, moves: list[np.ndarray]) -> tuple[Level, ...]:
    if not len(gain):
        return ()
    total, came = gain[0], []
    for number, move in enumerate(moves):
        ways = total[:, None] + move
        came.append(ways.argmax(0))
        total = ways.max(0) + gain[number + 1]
    place = int(total.argmax())
    chosen = [place]
    for back in reversed(came):
        place = int(back[place])
        chosen.append(place)
    return tuple(NAMES[one] for one in reversed(chosen))


def _sureness(gain: np.ndarray, moves: list[np.ndarray]) -> np.ndarray:
    """Of each body and level the share of all assignments' weight, forwards and backwards."""
    if not len(gain):
        return np.zeros((0, len(NAMES)))
    forward, backward = [gain[0]], [np.zeros(len(NAMES))]
    for number, move in enumerate(moves):
        forward.append(_log_sum(forward[-1][:, None] + move, 0) + gain[number + 1])
    for number in range(len(moves) - 1, -1, -1):
        backward.append(_log_sum(moves[number] + (gain[number + 1] + backward[-1])[None], 1))
    both = np.stack(forward) + np.stack(backward[::-1])
    weight = np.exp(both - both.max(1, keepdims=True))
    sureness: np.ndarray = weight / weight.sum(1, keepdims=True)
    return sureness


def _log_sum(values: np.ndarray, axis: int) -> np.ndarray:
    most = values.max(axis, keepdims=True)
    summed: np.ndarray = np.log(np.exp(values - most).sum(axis)) + most.squeeze(axis)
    return summed
