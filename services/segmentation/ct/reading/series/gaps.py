"""Judges the gaps between slices in order: equal, or what is missing, double or uneven. Pure."""

from collections.abc import Callable, Sequence

import numpy as np

from radmesh.errors import ImageFormatError
from services.segmentation.ct.reading.dicom.slices import Slice
from services.segmentation.ct.reading.refusals import refused
from services.segmentation.ct.reading.series.uniform import Parts, by_text, mixed
from services.segmentation.ct.reading.wording import (
    INSTANCE,
    SliceName,
    counted,
    joined,
    listed,
    mm,
    named,
)

_EQUAL_MM = 0.05
_EQUAL_SHARE = 0.01
"""Gaps are equal within the larger of both."""

_MOST_TOLD = 4
_MOST_MISSING = 10_000
"""More are no loss on the way: a wide gap with numbers to match would be a list of billions."""


def check_gaps(ordered: Sequence[Slice], heights_mm: np.ndarray) -> None:
    """Raises ImageFormatError unless neighbours are equally far from each other.

    heights_mm: along the normal, ascending. PHASES_MIXED or SLICES_DUPLICATED where slices lie in one place,
    SLICES_MISSING where every gap is a multiple of the smallest, else SLICE_GAPS_UNEQUAL.
    """
    gaps = np.diff(heights_mm)
    double = gaps <= _EQUAL_MM
    if double.any():
        raise _doubled(ordered, heights_mm, double)
    # Of an even number of gaps the lower one in the middle: the mean of both may be no gap at all.
    step = float(np.quantile(gaps, 0.5, method="lower"))
    off = np.abs(gaps - step) > _tolerance(step)
    even = heights_mm[0] + np.arange(len(ordered)) * (heights_mm[-1] - heights_mm[0]) / len(gaps)
    # Each gap within its tolerance, and yet the sum of them beside the grid.
    drifted = np.abs(heights_mm - even) > step / 2
    if off.any():
        raise _missing(ordered, gaps) or _unequal(ordered, gaps, off, step)
    if drifted.any():
        raise _unequal(ordered, gaps, drifted[1:], step)


def _tolerance(step: float) -> float:
    return max(_EQUAL_MM, _EQUAL_SHARE * step)


def _missing(ordered: Sequence[Slice], gaps: np.ndarray) -> ImageFormatError | None:
    """The error for slices that did not arrive; None when the gaps, or the instance numbers, deny that."""
    step = float(np.median(gaps[gaps <= gaps.min() + _tolerance(gaps.min())]))
    steps = np.rint(gaps / step)
    if (steps - 1).sum() > _MOST_MISSING:
        return None
    if (np.abs(gaps - steps * step) > steps * _tolerance(step)).any():
        return None
    wide = [
        (ordered[index], ordered[index + 1], int(steps[index]) - 1)
        for index in np.flatnonzero(steps > 1).tolist()
    ]
    if all(_are_neighbours(before.name, after.name) for before, after, _ in wide):
        return None
    missing = sum(number for _, _, number in wide)
    names = [_between(before.name, after.name, number) for before, after, number in wide]
    if all(names):
        numbers = named(name for between in names for name in between)
        where = f"{numbers} {'is' if missing == 1 else 'are'} missing"
        slices = listed(name.number for between in names for name in between)
    else:
        places = [f"between {before.name} and {after.name}" for before, after, _ in wide]
        where = f"{missing} {'is' if missing == 1 else 'are'} missing {_told(places)}"
        slices = None
    whole = len(ordered) + missing
    return refused(
        f"{len(ordered)} of {whole} slices arrived; {where}. Send the series again.",
        reason="SLICES_MISSING",
        arrived=len(ordered),
        expected=whole,
        slices=slices,
    )


def _are_neighbours(before: SliceName, after: SliceName) -> bool:
    return _are_numbered(before, after) and abs(before.number - after.number) == 1


def _are_numbered(before: SliceName, after: SliceName) -> bool:
    """Whether the scanner gave the numbers; those of frames and files are only their places in the upload."""
    return before.noun == after.noun == INSTANCE


def _between(before: SliceName, after: SliceName, number: int) -> list[SliceName]:
    """The names of the `number` slices between two, where the numbers leave room for just as many."""
    if not _are_numbered(before, after) or abs(before.number - after.number) != number + 1:
        return []
    low, high = sorted((before.number, after.number))
    return [SliceName(before.noun, between) for between in range(low + 1, high)]


def _unequal(ordered: Sequence[Slice], gaps: np.ndarray, off: np.ndarray, step: float) -> ImageFormatError:
    places = [
        f"{mm(gaps[index])} between {ordered[index].name} and {ordered[index + 1].name}"
        for index in np.flatnonzero(off).tolist()
    ]
    return refused(
        f"The gaps between slices are not equal: {mm(step)} as a rule, but {_told(places)}. Send one "
        "series with equal gaps.",
        reason="SLICE_GAPS_UNEQUAL",
        step_mm=f"{step:.3f}",
        gaps=len(places),
    )


def _doubled(ordered: Sequence[Slice], heights_mm: np.ndarray, double: np.ndarray) -> ImageFormatError:
    parts = _phases(ordered, places=len(ordered) - int(double.sum()))
    if parts:
        return mixed(parts, "phases in the same place", "Send one of them.", reason="PHASES_MIXED")
    places = [
        f"{joined([str(ordered[index].name), str(ordered[index + 1].name)])} at {mm(heights_mm[index])}"
        for index in np.flatnonzero(double).tolist()
    ]
    return refused(
        f"{counted(len(places), 'slice')} of {len(ordered)} came twice, in the same place: "
        f"{_told(places)}. Send the series again, each slice once.",
        reason="SLICES_DUPLICATED",
        duplicates=len(places),
    )


def _phases(ordered: Sequence[Slice], places: int) -> Parts | None:
    """The parts of a series of several volumes, told apart by moment or acquisition; None where it has one.

    Each has a slice in at least half of the places: a scanner may also count acquisitions along one volume.
    """
    kinds: tuple[tuple[str, Callable[[Slice], int | None]], ...] = (
        ("moment", lambda one: one.making.moment),
        ("acquisition", lambda one: one.making.acquisition),
    )
    for what, number in kinds:
        parts = by_text(ordered, [f"{what} {number(one)}" for one in ordered])
        if len(parts) > 1 and 2 * len(parts[-1][1]) >= places:
            return parts
    return None


def _told(places: Sequence[str]) -> str:
    more = [f"{len(places) - _MOST_TOLD} more"] if len(places) > _MOST_TOLD else []
    return joined([*places[:_MOST_TOLD], *more])
