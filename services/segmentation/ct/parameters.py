"""The parameters of a task of ct-l3 as values. What the description says of them is checked already."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from radmesh.errors import InvalidRequestError, Violation
from services.segmentation.ct.measure.body import Sex
from services.segmentation.ct.measure.options import MeasureOptions
from services.segmentation.ct.measure.tissues import Window, Windows


@dataclass(frozen=True)
class CtParameters:
    """l3_mask: `images/{sha256}`. slice_range: first and last slice, as `from_slices` takes them."""

    auto_continue: bool
    l3_mask: str | None
    slice_range: tuple[int, int] | None
    measure: MeasureOptions

    @property
    def names_l3(self) -> bool:
        """Whether L3 is given, so that it need not be looked for."""
        return self.l3_mask is not None or self.slice_range is not None


def read_parameters(given: Mapping[str, Any]) -> CtParameters:
    """The values. Raises InvalidRequestError for what contradicts itself: see MeasureOptions."""
    mask, slices = given.get("l3_mask"), given.get("slice_range")
    if mask and slices:
        raise InvalidRequestError(
            [Violation("parameters.slice_range", "either a mask says where L3 is, or slices do")]
        )
    sex = given.get("sex")
    options = MeasureOptions(
        windows=Windows(
            muscle=_window(given["muscle_window"]),
            subcutaneous_fat=_window(given["subcutaneous_fat_window"]),
            visceral_fat=_window(given["visceral_fat_window"]),
            intermuscular_fat=_window(given["intermuscular_fat_window"]),
        ),
        height_m=given.get("height_m"),
        weight_kg=given.get("weight_kg"),
        sex=Sex(sex) if sex else None,
    )
    return CtParameters(bool(given["auto_continue"]), mask, _pair(slices) if slices else None, options)


def _window(text: str) -> Window:
    return Window(*_pair(text))


def _pair(text: str) -> tuple[int, int]:
    first, _, last = text.partition(":")
    return int(first), int(last)
