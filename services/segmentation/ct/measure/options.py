"""What a caller may set for a measurement, checked. Pure."""

import math
from dataclasses import dataclass, field

from radmesh.errors import InvalidRequestError, Violation
from services.segmentation.ct.measure.body import HEIGHT_M, WEIGHT_KG, Sex
from services.segmentation.ct.measure.tissues import Tissue, Window, Windows

LOWEST_HU, HIGHEST_HU = -1024, 3071


@dataclass(frozen=True)
class MeasureOptions:
    """Hounsfield windows, and of the patient what is better known than by the header.

    exclude_bowel_content: stool and the rim of gas are no visceral fat, though they may be as dense.
    Raises InvalidRequestError that names every parameter which breaks its rule: a window from a lower to a
    higher value within -1024 to 3071; intermuscular fat beside muscle and not over it; height_m from 0.5 to
    2.5, weight_kg from 2 to 500.
    """

    windows: Windows = field(default_factory=Windows)
    exclude_bowel_content: bool = True
    height_m: float | None = field(default=None, repr=False)
    weight_kg: float | None = field(default=None, repr=False)
    sex: Sex | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        violations = [
            *_window_violations(self.windows),
            *_range_violations("height_m", self.height_m, HEIGHT_M, "m"),
            *_range_violations("weight_kg", self.weight_kg, WEIGHT_KG, "kg"),
        ]
        if violations:
            raise InvalidRequestError(violations)


def _window_violations(windows: Windows) -> list[Violation]:
    named = {
        "muscle": windows.muscle,
        **{tissue.value: windows.of(tissue) for tissue in Tissue if windows.of(tissue) is not windows.muscle},
    }
    found = [
        Violation(
            f"parameters.{name}_window",
            f"must go from a lower to a higher value within {LOWEST_HU} to {HIGHEST_HU} HU; got {window}",
        )
        for name, window in named.items()
        if not LOWEST_HU <= window.low_hu < window.high_hu <= HIGHEST_HU
    ]
    if not found and _overlap(windows.muscle, windows.intermuscular_fat):
        found.append(
            Violation(
                "parameters.intermuscular_fat_window",
                f"must not overlap that of muscle ({windows.muscle}), as both are looked for in the same "
                f"place; got {windows.intermuscular_fat}",
            )
        )
    return found


def _overlap(one: Window, other: Window) -> bool:
    return one.low_hu <= other.high_hu and other.low_hu <= one.high_hu


def _range_violations(
    name: str, value: float | None, limits: tuple[float, float], unit: str
) -> list[Violation]:
    if value is None or (math.isfinite(value) and limits[0] <= value <= limits[1]):
        return []
    return [Violation(f"parameters.{name}", f"must be from {limits[0]:g} to {limits[1]:g} {unit}")]
