"""Height, weight and sex of the patient, as all slices of a series say them."""

import math
from collections.abc import Callable, Iterable
from typing import TypeVar

from services.segmentation.ct.reading.dicom.header import Header
from services.segmentation.ct.reading.dicom.values import Values
from services.segmentation.ct.reading.image import Patient

_SEXES = ("M", "F", "O")
_Value = TypeVar("_Value")


def patient_of(headers: Iterable[Header]) -> Patient:
    """What the slices say alike; where some of them are silent, what the others say.

    headers: of every slice. What they say differently is left out and named: nobody knows which is right.
    """
    values = [header.values for header in {id(header): header for header in headers}.values()]
    heights, weights, sexes = _said(values, _height), _said(values, _weight), _said(values, _sex)
    numbers = {"height": len(heights), "weight": len(weights), "sex": len(sexes)}
    return Patient(
        height_m=heights.pop() if len(heights) == 1 else None,
        weight_kg=weights.pop() if len(weights) == 1 else None,
        sex=sexes.pop() if len(sexes) == 1 else None,
        differing=tuple(name for name, number in numbers.items() if number > 1),
    )


def _said(values: Iterable[Values], read: Callable[[Values], _Value | None]) -> set[_Value]:
    """Everything that is said, each once."""
    return {found for one in values if (found := read(one)) is not None}


def _height(values: Values) -> float | None:
    return _number(values.text("PatientSize"))


def _weight(values: Values) -> float | None:
    """Only a possible one: a wrong height would be divided by, a wrong weight only chooses cut-offs."""
    found = _number(values.text("PatientWeight"))
    return found if found is not None and found > 0 else None


def _sex(values: Values) -> str | None:
    found = values.text("PatientSex")
    return found if found in _SEXES else None


def _number(text: str) -> float | None:
    """None for nothing and for 0, which is nothing; NaN for what is no finite number."""
    if not text:
        return None
    try:
        found = float(text)
    except ValueError:
        return math.nan
    # One and the same NaN: a set holds that once.
    return found or None if math.isfinite(found) else math.nan
