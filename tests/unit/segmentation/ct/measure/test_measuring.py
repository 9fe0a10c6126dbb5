"""Figures of a torso that is known exactly, whatever its pixels, orientation and windows."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import SimpleITK

from radmesh.errors import ImageFormatError
from services.segmentation.ct.measure import (
    L3Extent,
    L3Measurement,
    MeasuredSlices,
    MeasureOptions,
    Tissue,
    TissueLabel,
    WarningKind,
    Window,
    Windows,
    measure_l3,
)
from services.segmentation.ct.measure.tissues import LABELS
from services.segmentation.ct.reading import Geometry, LeftOut, Making, Patient
from tests.support.ct.torso import (
    FAT_HU,
    INNER_FAT_HU,
    MUSCLE_HU,
    ORGAN_HU,
    PSOAS_HU,
    STREAK_HU,
    Torso,
    held_image,
    one_hot,
    torso_geometry,
)

sitk: Any = SimpleITK

L3 = L3Extent(-11.0, 11.0, (0.0, 60.0, 0.0))
OPTIONS = MeasureOptions()


def measured(
    torso: Torso, options: MeasureOptions = OPTIONS, extent: L3Extent = L3
) -> tuple[L3Measurement, MeasuredSlices]:
    return measure_l3(torso.image, extent, torso.network(), options)


@pytest.mark.parametrize("spacing", [(5.0, 1.0, 1.0), (5.0, 1.4, 2.4), (5.0, 2.1, 0.9), (5.0, 3.0, 3.0)])
def test_areas_and_hounsfield_units_are_exact(spacing: tuple[float, float, float]) -> None:
    torso = Torso(torso_geometry(spacing=spacing))
    measurement, _ = measured(torso)
    pixel_mm2 = spacing[1] * spacing[2]
    assert [one.place.index for one in measurement.slices] == [0, 1, 2, 3, 4]
    assert measurement.headline.place.index == 2
    for one, hu in zip(measurement.slices, torso.hu, strict=True):
        muscle = MUSCLE_HU + one.place.index
        values = {
            Tissue.SUBCUTANEOUS_FAT: hu[hu == FAT_HU],
            Tissue.VISCERAL_FAT: hu[hu == INNER_FAT_HU],
            Tissue.INTERMUSCULAR_FAT: hu[hu == STREAK_HU],
            Tissue.PSOAS: hu[hu == PSOAS_HU],
            Tissue.SKELETAL_MUSCLE: hu[(hu == PSOAS_HU) | (hu == muscle)],
        }
        for tissue, inside in values.items():
            figures = one.tissues[tissue]
            assert figures.pixels == inside.size > 0
            assert figures.area_mm2 == pytest.approx(inside.size * pixel_mm2, rel=1e-12)
            assert figures.mean_hu == pytest.approx(inside.mean(), rel=1e-12)
            assert figures.sd_hu == pytest.approx(inside.std(ddof=1), abs=1e-9)
            assert (figures.min_hu, figures.max_hu) == (inside.min(), inside.max())


def test_areas_are_those_of_the_ellipses() -> None:
    measurement, _ = measured(Torso(torso_geometry(1, (22.0, 0.5, 0.5), 0.0)))
    ellipse = np.pi * 160 * 110
    tissues = measurement.headline.tissues
    assert tissues[Tissue.SUBCUTANEOUS_FAT].area_mm2 == pytest.approx(ellipse * (1 - 0.86**2), rel=2e-3)
    assert tissues[Tissue.PSOAS].area_mm2 == pytest.approx(2 * 16**2, rel=0.05)


def test_simpleitk_counts_the_same() -> None:
    torso = Torso(torso_geometry(spacing=(5.0, 0.9, 1.2)))
    measurement, pixels = measured(torso)
    hu = sitk.GetImageFromArray(torso.hu[2])
    labels = sitk.GetImageFromArray(pixels.tissues[2])
    for image in (hu, labels):
        image.SetSpacing((1.2, 0.9))
    judge = sitk.LabelIntensityStatisticsImageFilter()
    judge.Execute(labels, hu)
    for tissue in Tissue:
        if len(LABELS[tissue]) > 1:
            continue
        label, figures = int(LABELS[tissue][0]), measurement.headline.tissues[tissue]
        assert figures.area_mm2 == pytest.approx(judge.GetPhysicalSize(label))
        assert figures.mean_hu == pytest.approx(judge.GetMean(label))
        assert figures.sd_hu == pytest.approx(judge.GetStandardDeviation(label), abs=1e-6)
        assert (figures.min_hu, figures.max_hu) == (judge.GetMinimum(label), judge.GetMaximum(label))


def test_volumes_are_areas_over_the_height_of_the_body() -> None:
    measurement, _ = measured(Torso(torso_geometry()), extent=L3Extent(-9.0, 8.5, (0.0, 60.0, 0.0)))
    assert [one.place.index for one in measurement.slices] == [1, 2, 3]
    area = measurement.headline.tissues[Tissue.PSOAS].area_mm2
    assert measurement.volumes[Tissue.PSOAS].volume_cm3 == pytest.approx(area * 17.5 / 1000)
    assert measurement.volumes[Tissue.PSOAS].mean_hu == pytest.approx(PSOAS_HU)


def test_muscle_is_told_within_its_window_and_without() -> None:
    measurement, _ = measured(Torso(torso_geometry()))
    headline = measurement.headline
    within, without = headline.tissues[Tissue.SKELETAL_MUSCLE], headline.muscle_compartment
    assert without.pixels > within.pixels + headline.tissues[Tissue.INTERMUSCULAR_FAT].pixels
    assert without.max_hu == 300
    assert without.min_hu == STREAK_HU
    assert headline.psoas_compartment.max_hu == 300


@pytest.mark.parametrize(
    ("windows", "tissue", "value"),
    [
        (Windows(muscle=Window(PSOAS_HU, 150)), Tissue.SKELETAL_MUSCLE, PSOAS_HU),
        (Windows(muscle=Window(45, PSOAS_HU - 1)), Tissue.SKELETAL_MUSCLE, MUSCLE_HU + 2),
        (Windows(muscle=Window(45, PSOAS_HU - 1)), Tissue.PSOAS, None),
        (Windows(subcutaneous_fat=Window(-99, -30)), Tissue.SUBCUTANEOUS_FAT, None),
        (Windows(subcutaneous_fat=Window(-101, -100)), Tissue.SUBCUTANEOUS_FAT, FAT_HU),
        (Windows(visceral_fat=Window(-90, -89)), Tissue.VISCERAL_FAT, INNER_FAT_HU),
        (Windows(visceral_fat=Window(-89, -50)), Tissue.VISCERAL_FAT, None),
        (Windows(visceral_fat=Window(0, ORGAN_HU)), Tissue.VISCERAL_FAT, ORGAN_HU),
        (Windows(intermuscular_fat=Window(-190, -71)), Tissue.INTERMUSCULAR_FAT, None),
        (Windows(intermuscular_fat=Window(-70, -30)), Tissue.INTERMUSCULAR_FAT, STREAK_HU),
    ],
)
def test_every_window_decides_and_is_recorded(windows: Windows, tissue: Tissue, value: int | None) -> None:
    """Both ends belong to a window; None: nothing is left of the tissue."""
    measurement, _ = measured(Torso(torso_geometry()), MeasureOptions(windows))
    figures = measurement.headline.tissues[tissue]
    assert (figures.min_hu, figures.max_hu) == (value, value)
    assert (figures.pixels == 0) == (value is None)
    assert measurement.options.windows == windows


@pytest.mark.parametrize("turn", range(8))
def test_however_the_slices_are_stored_the_figures_are_the_same(turn: int) -> None:
    """Rows and columns exchanged or reversed, as NIfTI and prone or feet-first studies have them."""
    torso = Torso(torso_geometry(spacing=(5.0, 1.9, 2.4)))
    hu, geometry = torso.hu, torso.geometry
    for axis in (0, 1, 2):
        if turn >> axis & 1:
            hu, geometry = np.flip(hu, axis), reversed_along(geometry, axis)
    if turn % 3 == 1:
        hu, geometry = hu.swapaxes(1, 2), exchanged(geometry)
    turned, pixels = measure_l3(held_image(np.ascontiguousarray(hu), geometry), L3, torso.network(), OPTIONS)
    plain, _ = measured(torso)
    assert turned.headline.place.z_mm == plain.headline.place.z_mm
    for tissue in Tissue:
        turned_figures, plain_figures = turned.headline.tissues[tissue], plain.headline.tissues[tissue]
        assert replace(turned_figures, area_mm2=0) == replace(plain_figures, area_mm2=0)
        assert turned_figures.area_mm2 == pytest.approx(plain_figures.area_mm2, rel=1e-12)
    fat = pixels.tissues == TissueLabel.SUBCUTANEOUS_FAT
    assert (hu[fat] == FAT_HU).all()


def reversed_along(geometry: Geometry, axis: int) -> Geometry:
    index = tuple(float(geometry.shape[axis] - 1) if one == axis else 0.0 for one in range(3))
    directions = tuple(
        tuple(-part for part in vector) if one == axis else vector
        for one, vector in enumerate(geometry.directions)
    )
    return replace(
        geometry,
        directions=directions,  # type: ignore[arg-type]
        origin_mm=geometry.position_mm(index),  # type: ignore[arg-type]
    )


def exchanged(geometry: Geometry) -> Geometry:
    order = (0, 2, 1)
    return Geometry(
        tuple(geometry.shape[axis] for axis in order),  # type: ignore[arg-type]
        tuple(geometry.spacing_mm[axis] for axis in order),  # type: ignore[arg-type]
        tuple(geometry.directions[axis] for axis in order),  # type: ignore[arg-type]
        geometry.origin_mm,
    )


def test_a_slice_of_air_within_l3_is_refused_by_its_number() -> None:
    torso = Torso(torso_geometry())
    hu = torso.hu
    hu[3] = -1000
    with pytest.raises(ImageFormatError, match="slice 4") as caught:
        measure_l3(held_image(hu, torso.geometry), L3, torso.network(), OPTIONS)
    assert caught.value.reason == "SLICES_EMPTY"


def test_a_slice_without_muscle_is_no_l3() -> None:
    torso = Torso(torso_geometry())

    def blind(image: np.ndarray) -> np.ndarray:
        return one_hot(np.zeros(image.shape[2:], np.uint8))[:, np.newaxis]

    with pytest.raises(ImageFormatError, match="No muscle") as caught:
        measure_l3(torso.image, L3, blind, OPTIONS)
    assert caught.value.reason == "NO_MUSCLE_FOUND"


def test_slices_are_reported_and_a_report_may_stop() -> None:
    class Stop(Exception):
        pass

    seen: list[tuple[int, int]] = []

    def report(done: int, total: int) -> None:
        seen.append((done, total))
        if done == 2:
            raise Stop

    torso = Torso(torso_geometry())
    with pytest.raises(Stop):
        measure_l3(torso.image, L3, torso.network(), OPTIONS, report)
    assert seen == [(0, 5), (1, 5), (2, 5)]


def test_a_trunk_beyond_the_picture_makes_fat_a_lower_bound() -> None:
    torso = Torso(torso_geometry(), shift_mm=(60.0, 0.0))
    measurement, _ = measured(torso)
    kinds = [one.kind for one in measurement.warnings]
    assert kinds == [WarningKind.FAT_CUT]
    assert measurement.headline.is_lower_bound(Tissue.SUBCUTANEOUS_FAT)
    assert not measurement.headline.is_lower_bound(Tissue.SKELETAL_MUSCLE)
    assert not measured(Torso(torso_geometry()))[0].warnings


@pytest.mark.parametrize(
    ("tall", "said"), [(5.0, "5 mm"), (14.9, "14.9 mm"), (50.1, "50.1 mm"), (76.0, "76 mm")]
)
def test_what_is_no_vertebras_height_is_measured_with_a_warning(tall: float, said: str) -> None:
    """One slice on purpose, or several vertebrae by mistake."""
    torso = Torso(torso_geometry(slices=21, low_mm=-50.0))
    measurement, _ = measured(torso, extent=L3Extent(-tall / 2, tall / 2, (0.0, 60.0, 0.0)))
    (warning,) = measurement.warnings
    assert warning.kind is WarningKind.EXTENT
    assert warning.message.startswith(
        f"What was taken for L3 is {said} tall; a vertebral body is 20 to 45 mm"
    )
    assert warning.numbers == {"height_mm": tall}


@pytest.mark.parametrize("tall", [15.0, 28.0, 50.0])
def test_the_height_of_a_vertebra_is_no_warning(tall: float) -> None:
    torso = Torso(torso_geometry(slices=21, low_mm=-50.0))
    assert not measured(torso, extent=L3Extent(-tall / 2, tall / 2, (0.0, 60.0, 0.0)))[0].warnings


def test_it_is_told_which_of_several_series_was_measured() -> None:
    torso = Torso(torso_geometry())
    left_out = (LeftOut("localizer", 1), LeftOut("series 4", 68, is_ct=True))
    image = replace(torso.image, making=Making(series=3), left_out=left_out)
    (warning,) = measure_l3(image, L3, torso.network(), OPTIONS)[0].warnings
    assert warning.kind is WarningKind.SERIES
    assert warning.message.startswith("Read was series 3 of several CT series")
    assert "Left out: series 4 (68 files)." in warning.message
    alone = replace(image, left_out=left_out[:1])
    assert not measure_l3(alone, L3, torso.network(), OPTIONS)[0].warnings


def test_what_the_slices_say_differently_of_the_patient_is_told_unless_a_parameter_says_it() -> None:
    patient = Patient(None, None, "F", differing=("height", "weight"))
    measurement, _ = measured(Torso(torso_geometry(), patient=patient))
    (warning,) = measurement.warnings
    assert warning.kind is WarningKind.PATIENT
    assert "height and weight" in warning.message
    assert "height_m and weight_kg" in warning.message
    assert measurement.indices_cm2_m2 == {}
    (warning,) = measured(Torso(torso_geometry(), patient=patient), MeasureOptions(height_m=1.7))[0].warnings
    assert "send weight_kg." in warning.message
    said = MeasureOptions(height_m=1.7, weight_kg=60.0)
    assert not measured(Torso(torso_geometry(), patient=patient), said)[0].warnings


def test_without_a_height_there_are_no_indices_and_with_one_they_are_cm2_per_m2() -> None:
    assert measured(Torso(torso_geometry()))[0].indices_cm2_m2 == {}
    torso = Torso(torso_geometry(), patient=Patient(height_m=1.6, sex="F"))
    measurement, _ = measured(torso)
    for tissue in Tissue:
        area = measurement.headline.tissues[tissue].area_mm2
        assert measurement.indices_cm2_m2[tissue] == pytest.approx(area / 100 / 1.6**2)
    assert measurement.comparisons
    other, _ = measured(torso, MeasureOptions(Windows(muscle=Window(-29, 149))))
    assert other.comparisons == ()
    assert [one.kind for one in other.warnings] == [WarningKind.WINDOW]
