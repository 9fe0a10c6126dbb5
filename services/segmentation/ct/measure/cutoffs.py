"""Published cut-offs for muscle at L3, each with its source; and on which side of them a patient lies. Pure.

They describe the people of their studies and diagnose nobody: sarcopenia needs strength as well (EWGSOP2,
doi 10.1093/ageing/afy169).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from services.segmentation.ct.measure.body import Body, Sex


class Quantity(StrEnum):
    """What is compared, of the headline slice."""

    SMI = "skeletal_muscle_index_cm2_m2"
    PMI = "psoas_index_cm2_m2"
    ATTENUATION = "skeletal_muscle_mean_hu"


@dataclass(frozen=True)
class Publication:
    """people: whom the study had, which is whom its figures are for.

    checked: where its figures were read: its own abstract, or later papers that quote them.
    """

    citation: str
    doi: str
    people: str
    checked: str


@dataclass(frozen=True)
class Cutoff:
    """at: the published number. bmi_from, bmi_below: where the source gives it for a range of BMI, kg/m².

    included: whether the source counts the number itself as low.
    """

    publication: Publication
    quantity: Quantity
    sex: Sex
    at: float
    included: bool = False
    bmi_from: float | None = None
    bmi_below: float | None = None

    def fits(self, body: Body) -> bool:
        """Whether the source speaks of such a patient."""
        if body.sex is not self.sex:
            return False
        if self.bmi_from is None and self.bmi_below is None:
            return True
        bmi = body.bmi
        if bmi is None:
            return False
        return (self.bmi_from is None or bmi >= self.bmi_from) and (
            self.bmi_below is None or bmi < self.bmi_below
        )


@dataclass(frozen=True)
class Comparison:
    """A patient's value beside a cut-off; below: whether the source would call it low. No diagnosis."""

    cutoff: Cutoff
    value: float
    below: bool


PRADO = Publication(
    "Prado et al., Lancet Oncol 2008;9:629-635",
    "10.1016/S1470-2045(08)70153-0",
    "patients with tumours of lung or gut and a BMI of 30 or more",
    "quoted by 10.3350/cmh.2017.0077 and 10.3390/ijms22041917",
)
MARTIN = Publication(
    "Martin et al., J Clin Oncol 2013;31:1539-1547",
    "10.1200/JCO.2012.45.2722",
    "patients with tumours of lung or gut",
    "SMI quoted by 10.1371/journal.pone.0115895, HU by medicalalgorithms.com",
)
FEARON = Publication(
    "Fearon et al., Lancet Oncol 2011;12:489-495",
    "10.1016/S1470-2045(10)70218-7",
    "patients with cancer; a consensus on cachexia",
    "used without their source's name by 10.21037/jtd-20-2344",
)
CAREY = Publication(
    "Carey et al., Liver Transpl 2017;23:625-633",
    "10.1002/lt.24750",
    "patients with cirrhosis who wait for a liver",
    "used without their source's name by PMC8766536",
)
DERSTINE = Publication(
    "Derstine et al., Sci Rep 2018;8:11369",
    "10.1038/s41598-018-29825-5",
    "candidates for kidney donation of 18 to 40 years in the USA, unenhanced; mean less 2 SD",
    "abstract",
)
VAN_DER_WERF = Publication(
    "van der Werf et al., Eur J Clin Nutr 2018;72:288-296",
    "10.1038/s41430-017-0034-5",
    "candidates for kidney donation of 20 to 82 years in the Netherlands; 5th percentile",
    "abstract",
)
HAMAGUCHI = Publication(
    "Hamaguchi et al., Nutrition 2016;32:1200-1205",
    "10.1016/j.nut.2016.04.003",
    "healthy liver donors under 50 years in Japan, unenhanced; mean less 2 SD",
    "abstract",
)


def _of_both(publication: Publication, quantity: Quantity, men: float, women: float) -> tuple[Cutoff, Cutoff]:
    return Cutoff(publication, quantity, Sex.MALE, men), Cutoff(publication, quantity, Sex.FEMALE, women)


CUTOFFS: tuple[Cutoff, ...] = (
    Cutoff(PRADO, Quantity.SMI, Sex.MALE, 52.4, included=True, bmi_from=30),
    Cutoff(PRADO, Quantity.SMI, Sex.FEMALE, 38.5, included=True, bmi_from=30),
    *_of_both(FEARON, Quantity.SMI, 55, 39),
    Cutoff(MARTIN, Quantity.SMI, Sex.MALE, 43, bmi_below=25),
    Cutoff(MARTIN, Quantity.SMI, Sex.MALE, 53, bmi_from=25),
    Cutoff(MARTIN, Quantity.SMI, Sex.FEMALE, 41),
    *_of_both(CAREY, Quantity.SMI, 50, 39),
    *_of_both(DERSTINE, Quantity.SMI, 45.4, 34.4),
    *_of_both(VAN_DER_WERF, Quantity.SMI, 41.6, 32.0),
    *_of_both(HAMAGUCHI, Quantity.PMI, 6.36, 3.92),
    *(Cutoff(MARTIN, Quantity.ATTENUATION, sex, 41, bmi_below=25) for sex in (Sex.MALE, Sex.FEMALE)),
    *(Cutoff(MARTIN, Quantity.ATTENUATION, sex, 33, bmi_from=25) for sex in (Sex.MALE, Sex.FEMALE)),
    *_of_both(DERSTINE, Quantity.ATTENUATION, 38.5, 34.3),
    *_of_both(VAN_DER_WERF, Quantity.ATTENUATION, 29.3, 22.0),
)


def comparisons(values: Mapping[Quantity, float], body: Body) -> tuple[Comparison, ...]:
    """Each cut-off whose source speaks of such a patient, beside the patient's value where there is one.

    Without sex there are none; without BMI none of those that need it.
    """
    return tuple(
        Comparison(
            cutoff,
            value,
            value <= cutoff.at if cutoff.included else value < cutoff.at,
        )
        for cutoff in CUTOFFS
        if cutoff.fits(body) and (value := values.get(cutoff.quantity)) is not None
    )
