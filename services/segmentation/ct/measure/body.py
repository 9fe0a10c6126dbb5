"""Height, weight and sex of the patient, from where they are known; and indices for the height. Pure."""

from dataclasses import dataclass, field
from enum import StrEnum

from radmesh.errors import ImageFormatError
from services.segmentation.ct.reading import Patient

HEIGHT_M = (0.5, 2.5)
WEIGHT_KG = (2.0, 500.0)


class Sex(StrEnum):
    """As far as published figures tell sexes apart."""

    FEMALE = "F"
    MALE = "M"


class Source(StrEnum):
    """Where a number of the patient comes from."""

    PARAMETER = "parameter"
    DICOM = "dicom"


@dataclass(frozen=True)
class Body:
    """None where it is unknown; never guessed. Not to be logged."""

    height_m: float | None = field(default=None, repr=False)
    height_source: Source | None = None
    weight_kg: float | None = field(default=None, repr=False)
    weight_source: Source | None = None
    sex: Sex | None = field(default=None, repr=False)
    sex_source: Source | None = None

    @property
    def bmi(self) -> float | None:
        """Weight over height squared, kg/m²."""
        if self.height_m is None or self.weight_kg is None:
            return None
        return self.weight_kg / self.height_m**2


def body_of(
    patient: Patient, height_m: float | None = None, weight_kg: float | None = None, sex: Sex | None = None
) -> Body:
    """A parameter wins over the header. Raises ImageFormatError HEIGHT_IMPLAUSIBLE for the header's height.

    A weight of the header that cannot be is left out: it only chooses among cut-offs. Parameters were checked
    before (MeasureOptions).
    """
    told_height = patient.height_m if height_m is None else height_m
    if told_height is not None and not HEIGHT_M[0] <= told_height <= HEIGHT_M[1]:
        # The value itself is the patient's and stays out of errors.
        raise ImageFormatError(
            f"The header's height of the patient (PatientSize) is no number between {HEIGHT_M[0]:g} and "
            f"{HEIGHT_M[1]:g}, in m; it may have been entered in cm. Send the height as parameter height_m.",
            reason="HEIGHT_IMPLAUSIBLE",
            metadata={"least_m": f"{HEIGHT_M[0]:g}", "most_m": f"{HEIGHT_M[1]:g}"},
        )
    told_weight = patient.weight_kg if weight_kg is None else weight_kg
    if told_weight is not None and not WEIGHT_KG[0] <= told_weight <= WEIGHT_KG[1]:
        told_weight = None
    told_sex = sex or (Sex(patient.sex) if patient.sex in ("F", "M") else None)
    return Body(
        told_height,
        _source(told_height, height_m),
        told_weight,
        _source(told_weight, weight_kg),
        told_sex,
        _source(told_sex, sex),
    )


def index_cm2_m2(area_mm2: float, height_m: float) -> float:
    """An area over the height squared: SMI of skeletal muscle, PMI of psoas."""
    return area_mm2 / 100.0 / height_m**2


def _source(value: object, parameter: object) -> Source | None:
    if value is None:
        return None
    return Source.DICOM if parameter is None else Source.PARAMETER
