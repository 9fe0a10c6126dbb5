"""The files say what was measured, and lie over the study."""

import csv
import gzip
import io
import json
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
import SimpleITK
from PIL import Image

from services.segmentation.ct.files import MEASURED, OVERLAYS
from services.segmentation.ct.measure import (
    L3Extent,
    L3Measurement,
    MeasuredSlices,
    MeasureOptions,
    Origin,
    Sex,
    Tissue,
    measure_files,
    measure_l3,
)
from services.segmentation.ct.measure.masks import nifti_bytes, ras_affine
from services.segmentation.ct.measure.overlay import COLOURS, WIDTH
from services.segmentation.ct.measure.table import COLUMNS
from services.segmentation.ct.measure.tissues import LABELS
from services.segmentation.ct.reading import Geometry, Patient, open_ct
from services.segmentation.pictures.notice import NOTICE, notice_strip
from tests.support.ct.encoding import file_bytes
from tests.support.ct.reading import LIMITS
from tests.support.ct.series import NAME, ct_series
from tests.support.ct.torso import Torso, torso_geometry

sitk: Any = SimpleITK
L3 = L3Extent(-11.0, 11.0, (0.0, 60.0, 0.0))
ORIGIN = Origin(
    {"software_version": "0.1.0", "weights_digest": "sha256:00"}, {"source": "X"}, [{"part": "locate"}]
)


@pytest.fixture(scope="module")
def measured() -> tuple[L3Measurement, MeasuredSlices]:
    """Slices 2 to 6 of nine."""
    torso = Torso(torso_geometry(9, low_mm=-20.0), patient=Patient(height_m=1.7, weight_kg=80.0, sex="M"))
    return measure_l3(torso.image, L3, torso.network(), MeasureOptions())


@pytest.fixture(scope="module")
def files(measured: tuple[L3Measurement, MeasuredSlices]) -> dict[str, bytes]:
    made = measure_files(*measured, ORIGIN)
    return {artifact.file_name: content for artifact, content in made}


def test_every_artifact_is_made_once_and_reported(measured: tuple[L3Measurement, MeasuredSlices]) -> None:
    seen: list[tuple[int, int]] = []
    made = measure_files(*measured, Origin(), lambda done, total: seen.append((done, total)))
    assert [artifact for artifact, _ in made] == list(MEASURED)
    assert len({one.file_name for one in MEASURED}) == len(MEASURED) == 10
    assert list(OVERLAYS) == [tissue.value for tissue in Tissue]
    assert seen == [(number, 10) for number in range(11)]


def test_the_table_has_a_line_for_each_tissue_of_each_slice(
    measured: tuple[L3Measurement, MeasuredSlices], files: dict[str, bytes]
) -> None:
    rows = list(csv.DictReader(io.StringIO(files["hu_statistics.csv"].decode())))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == 5 * 7
    psoas = [row for row in rows if row["tissue"] == "psoas"]
    assert [row["slice_index"] for row in psoas] == ["2", "3", "4", "5", "6"]
    assert [row["headline"] for row in psoas] == ["0", "0", "1", "0", "0"]
    figures = measured[0].headline.tissues[Tissue.PSOAS]
    assert float(psoas[2]["area_mm2"]) == pytest.approx(figures.area_mm2, abs=1e-3)
    assert (psoas[2]["window_low_hu"], psoas[2]["window_high_hu"]) == ("-29", "150")
    assert (psoas[2]["mean_hu"], psoas[2]["sd_hu"], psoas[2]["lower_bound"]) == ("60.000", "0.000", "0")
    assert sum(float(row["l3_height_mm"]) for row in psoas) == pytest.approx(22.0)
    compartment = next(row for row in rows if row["tissue"] == "muscle_compartment")
    assert compartment["window_low_hu"] == ""


def test_the_document_has_every_figure_its_source_and_the_notice(files: dict[str, bytes]) -> None:
    found = json.loads(files["result.json"])
    assert found["schema"] == "radmesh.ct-l3.measure/2"
    assert found["notice"] == NOTICE
    assert found["made_by"]["weights_digest"] == "sha256:00"
    assert (found["location"], found["models"]) == ({"source": "X"}, [{"part": "locate"}])
    assert found["windows_hu"]["visceral_fat"] == [-150, -50]
    assert (found["patient"]["height_m"], found["patient"]["height_source"]) == (1.7, "dicom")
    assert len(found["slices"]) == 5
    assert found["headline"] == found["slices"][2]
    assert found["acquisition"]["kvp"] is None
    smi = found["indices_cm2_m2"]["skeletal_muscle"]
    area = found["headline"]["tissues"]["skeletal_muscle"]["area_mm2"]
    assert smi == pytest.approx(area / 100 / 1.7**2, abs=1e-3)
    for one in found["comparisons"]:
        assert one["doi"].startswith("10.")
        assert one["below"] == (one["value"] < one["cutoff"])


@pytest.mark.parametrize("which", ["compartments", "tissues"])
def test_masks_lie_over_the_study(
    measured: tuple[L3Measurement, MeasuredSlices], files: dict[str, bytes], which: str, tmp_path: Path
) -> None:
    """On the study's grid, voxel by voxel, as nibabel and ITK read it."""
    pixels = measured[1]
    path = tmp_path / "mask.nii.gz"
    path.write_bytes(files[f"{which}.nii.gz"])
    image: Any = nibabel.load(path)
    labels = np.asarray(image.dataobj)
    assert labels.shape == pixels.geometry.shape[::-1]
    assert labels.dtype == np.uint8
    assert (labels.transpose(2, 1, 0)[2:7] == getattr(pixels, which)).all()
    assert not labels[:, :, :2].any()
    assert not labels[:, :, 7:].any()
    itk = sitk.ReadImage(str(path))
    for index in ((0, 0, 0), (3, 7, 11), (8, 129, 159)):
        place = itk.TransformIndexToPhysicalPoint(index[::-1])
        assert place == pytest.approx(pixels.geometry.position_mm(index), abs=1e-4)


def test_an_oblique_study_gets_its_affine_back() -> None:
    turn = np.radians(13.0)
    cosine, sine = float(np.cos(turn)), float(np.sin(turn))
    geometry = Geometry(
        (4, 3, 2),
        (2.5, 0.7, 0.8),
        ((0.0, -sine, cosine), (0.0, -cosine, -sine), (-1.0, 0.0, 0.0)),
        (12.3, -45.6, 78.9),
    )
    content = nifti_bytes(np.ones((1, 3, 2), np.uint8), 2, geometry)
    image: Any = nibabel.Nifti1Image.from_bytes(gzip.decompress(content))
    assert np.allclose(image.affine, ras_affine(geometry), atol=1e-5)
    assert np.allclose(image.get_qform(), image.get_sform(), atol=1e-5)
    assert np.asarray(image.dataobj).sum(axis=(0, 1)).tolist() == [0, 0, 6, 0]


def test_the_same_measurement_makes_the_same_bytes(
    measured: tuple[L3Measurement, MeasuredSlices], files: dict[str, bytes]
) -> None:
    again = measure_files(*measured, ORIGIN)
    assert {artifact.file_name: content for artifact, content in again} == files


def test_each_picture_carries_the_notice_and_its_own_tissue(files: dict[str, bytes]) -> None:
    for tissue in Tissue:
        picture = Image.open(io.BytesIO(files[f"overlay_{tissue.value}.png"]))
        pixels = np.asarray(picture.convert("RGB"))
        strip = notice_strip(WIDTH)
        assert picture.width == WIDTH
        assert (pixels[-len(strip) :, :, 0] == strip).all()
        assert picture.info["Disclaimer"] == NOTICE
        for other in Tissue:
            swatch = (pixels == COLOURS[LABELS[other][0]]).all(-1).any()
            assert swatch == (LABELS[other][0] in LABELS[tissue])
    combined = np.asarray(Image.open(io.BytesIO(files["overlay_combined.png"])).convert("RGB"))
    for colour in COLOURS.values():
        assert (combined == colour).all(-1).any()


def test_an_instance_number_that_all_slices_share_names_none() -> None:
    torso = Torso(torso_geometry(5))
    slices = ct_series(
        torso.hu, step_mm=5.0, origin=torso.geometry.origin_mm, spacing=torso.geometry.spacing_mm[1:]
    )
    for one in slices:
        one.InstanceNumber = 1
    image = open_ct([file_bytes(one) for one in slices], LIMITS)
    measurement, pixels = measure_l3(image, L3, torso.network(), MeasureOptions())
    assert {one.instance for one in measurement.slices} == {None}
    assert image.slice_name(2) == "slice 3"
    made = {artifact.file_name: content for artifact, content in measure_files(measurement, pixels, ORIGIN)}
    assert json.loads(made["result.json"])["headline"]["instance_number"] is None
    rows = csv.DictReader(io.StringIO(made["hu_statistics.csv"].decode()))
    assert {row["instance_number"] for row in rows} == {""}
    # The same series, named right.
    for number, one in enumerate(slices, start=1):
        one.InstanceNumber = number
    assert open_ct([file_bytes(one) for one in slices], LIMITS).slice_name(2) == "instance 3"


def test_a_dicom_study_is_measured_by_its_own_header() -> None:
    """From files: instance numbers, contrast and height; and nothing that names the patient."""
    torso = Torso(torso_geometry(5))
    x, y, z = torso.geometry.origin_mm
    slices = ct_series(
        torso.hu, step_mm=5.0, origin=(x, y, z), spacing=torso.geometry.spacing_mm[1:], PatientWeight="61"
    )
    for one, number in zip(slices, (12, 11, 10, 9, 8), strict=True):
        one.InstanceNumber = number
    image = open_ct([file_bytes(one) for one in slices[::-1]], LIMITS)
    measurement, pixels = measure_l3(image, L3, torso.network(), MeasureOptions(sex=Sex.FEMALE))
    assert [one.instance for one in measurement.slices] == [12, 11, 10, 9, 8]
    assert measurement.body.height_m == 1.68
    assert [one.kind.value for one in measurement.warnings] == ["CONTRAST"]
    assert measurement.comparisons
    files = measure_files(measurement, pixels, Origin())
    found = json.loads(files[1][1])
    assert found["headline"]["instance_number"] == 10
    assert found["acquisition"]["kernel"] == "Br38f"
    assert found["acquisition"]["contrast"] == "Iodine"
    for _, content in files:
        assert not any(part.encode() in content for part in (*NAME.split("^"), "4711"))
