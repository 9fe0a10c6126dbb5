"""What a reader of the figures has to know, each with its numbers. Pure."""

from collections.abc import Sequence

from services.segmentation.ct.measure.extent import Coverage
from services.segmentation.ct.measure.options import MeasureOptions
from services.segmentation.ct.measure.result import MeasureWarning, SliceMeasurement, WarningKind
from services.segmentation.ct.measure.tissues import Windows
from services.segmentation.ct.reading import CtImage, Making, Patient
from services.segmentation.ct.reading.wording import joined, mm
from services.segmentation.ct.tall import WHOLE, is_usual

NOISE_HU = 35.0
METAL_MM2 = 10.0
THICK_MM = 5.5
OBLIQUE_DEGREES = 10.0
MISSING_MM = 1.0
USUAL_KVP = 120.0


def warnings_of(
    slices: Sequence[SliceMeasurement], coverage: Coverage, image: CtImage, options: MeasureOptions
) -> tuple[MeasureWarning, ...]:
    """All that apply, the gravest first."""
    return (
        *([MeasureWarning(WarningKind.SERIES, image.other_series)] if image.other_series else []),
        *_of_patient(image.patient, options),
        *_of_field(slices),
        *_of_coverage(coverage),
        *_of_image(slices),
        *_of_making(image.making, options),
    )


def _of_patient(patient: Patient, options: MeasureOptions) -> list[MeasureWarning]:
    """Not with the values, which are the patient's; none of what a parameter says."""
    parameters = {"height": options.height_m, "weight": options.weight_kg, "sex": options.sex}
    names = {"height": "height_m", "weight": "weight_kg", "sex": "sex"}
    left_out = [name for name in patient.differing if parameters[name] is None]
    if not left_out:
        return []
    return [
        MeasureWarning(
            WarningKind.PATIENT,
            f"The headers of the slices differ in the patient's {joined(left_out)}, left out for that. See "
            f"whether all slices are of one patient, and send {joined([names[one] for one in left_out])}.",
        )
    ]


def _of_field(slices: Sequence[SliceMeasurement]) -> list[MeasureWarning]:
    found = []
    deep = [one for one in slices if one.field.cuts_all]
    skin = [one for one in slices if one.field.cuts_fat]
    if deep:
        longest = max(one.field.deep_mm for one in deep)
        found.append(
            MeasureWarning(
                WarningKind.TRUNK_CUT,
                f"In {len(deep)} of {len(slices)} slices muscle or abdomen reaches the edge of the field of "
                f"view (up to {longest:.0f} mm long): all areas are lower bounds.",
                {"slices": len(deep), "contact_mm": round(longest, 1)},
            )
        )
    if skin:
        longest = max(one.field.skin_mm for one in skin)
        found.append(
            MeasureWarning(
                WarningKind.FAT_CUT,
                f"In {len(skin)} of {len(slices)} slices the body reaches the edge of the field of view (up "
                f"to {longest:.0f} mm long): subcutaneous fat is a lower bound.",
                {"slices": len(skin), "contact_mm": round(longest, 1)},
            )
        )
    return found


def _of_coverage(coverage: Coverage) -> list[MeasureWarning]:
    found = []
    if not is_usual(coverage.tall_mm):
        found.append(
            MeasureWarning(
                WarningKind.EXTENT,
                f"What was taken for L3 is {mm(coverage.tall_mm)} tall; {WHOLE}. Volumes are of that "
                "stretch.",
                {"height_mm": round(coverage.tall_mm, 2)},
            )
        )
    if coverage.missing_mm > MISSING_MM:
        found.append(
            MeasureWarning(
                WarningKind.L3_CUT,
                f"{coverage.missing_mm:.1f} mm of the body of L3 lie beyond the slices: volumes are of the "
                "rest.",
                {"missing_mm": round(coverage.missing_mm, 2)},
            )
        )
    if coverage.oblique_degrees > OBLIQUE_DEGREES:
        found.append(
            MeasureWarning(
                WarningKind.OBLIQUE,
                f"The slices stand {coverage.oblique_degrees:.0f} degrees against the axial plane: areas are "
                "larger than those of axial slices.",
                {"oblique_degrees": round(coverage.oblique_degrees, 2)},
            )
        )
    return found


def _of_image(slices: Sequence[SliceMeasurement]) -> list[MeasureWarning]:
    found = []
    metal = max(one.metal_mm2 for one in slices)
    if metal > METAL_MM2:
        found.append(
            MeasureWarning(
                WarningKind.METAL,
                f"Up to {metal:.0f} mm² of metal in a slice: its streaks change the Hounsfield units "
                "around it.",
                {"metal_mm2": round(metal, 1)},
            )
        )
    noise = max((one.noise_hu for one in slices if one.noise_hu is not None), default=0.0)
    if noise > NOISE_HU:
        found.append(
            MeasureWarning(
                WarningKind.NOISE,
                f"The noise is {noise:.0f} HU: many pixels of muscle and fat fall out of their windows. "
                "Thicker slices or a softer kernel would be measured more surely.",
                {"noise_hu": round(noise, 1)},
            )
        )
    return found


def _of_making(making: Making, options: MeasureOptions) -> list[MeasureWarning]:
    found = []
    if making.contrast:
        found.append(
            MeasureWarning(
                WarningKind.CONTRAST,
                "With contrast medium muscle is denser, by some 5 to 15 HU in the venous phase.",
            )
        )
    if making.kvp is not None and making.kvp != USUAL_KVP:
        found.append(
            MeasureWarning(
                WarningKind.KVP,
                f"Scanned at {making.kvp:g} kVp: fat and contrast medium have other Hounsfield units than at "
                f"{USUAL_KVP:g} kVp, for which the windows are.",
                {"kvp": making.kvp},
            )
        )
    if making.thickness_mm is not None and making.thickness_mm > THICK_MM:
        found.append(
            MeasureWarning(
                WarningKind.THICK,
                f"Slices of {making.thickness_mm:g} mm blur what runs aslant through them.",
                {"thickness_mm": making.thickness_mm},
            )
        )
    if making.lossy:
        found.append(
            MeasureWarning(
                WarningKind.LOSSY, "The slices were compressed with a loss: Hounsfield units are not exact."
            )
        )
    if options.windows.muscle != Windows().muscle:
        found.append(
            MeasureWarning(
                WarningKind.WINDOW,
                f"The window of muscle is {options.windows.muscle}; published cut-offs are for "
                f"{Windows().muscle} and are not given.",
            )
        )
    return found
