"""Of all that an upload holds the CT series is read, and the rest is told."""

from collections.abc import Callable

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ImplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid

from services.segmentation.ct.reading import CtLimits, LeftOut, open_ct
from tests.support.ct.encoding import file_bytes
from tests.support.ct.enhanced import enhanced_ct
from tests.support.ct.reading import LIMITS, opened, refusal
from tests.support.ct.series import ct_series, hu_volume, set_pixels

HU = hu_volume(8, 4, 5)
SERIES = "1.2.826.0.1.99"
SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)


def localizer() -> Dataset:
    one = ct_series(HU[:1], orientation=(1, 0, 0, 0, 0, -1), SeriesInstanceUID=SERIES)[0]
    one.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
    set_pixels(one, np.zeros((9, 9)))
    return one


def of_kind(modality: str, sop_class: str) -> Dataset:
    one = ct_series(HU[:1], SeriesInstanceUID=generate_uid())[0]
    one.Modality, one.SOPClassUID = modality, sop_class
    return one


def test_a_localizer_is_left_out_whether_in_a_series_of_its_own_or_in_the_same() -> None:
    slices = ct_series(HU)
    beside, inside = localizer(), localizer()
    inside.SeriesInstanceUID = slices[0].SeriesInstanceUID
    image = opened([beside, *slices, inside])
    np.testing.assert_array_equal(image.read(), HU)
    assert image.left_out == (LeftOut("localizer", 2),)


def test_of_two_series_the_one_with_more_slices_is_read_and_the_other_is_told() -> None:
    other = ct_series(HU[:5], step_mm=5, SeriesInstanceUID=SERIES, SeriesNumber=4, ConvolutionKernel="B70f")
    slices = ct_series(HU)
    image = opened([*other[:3], *slices, *other[3:]])
    np.testing.assert_array_equal(image.read(), HU)
    assert image.left_out == (LeftOut("series 4", 5, is_ct=True),)
    assert image.making.series == 3


def test_of_two_series_as_long_the_one_with_the_lower_number_is_read() -> None:
    other = ct_series(HU[::-1], SeriesInstanceUID=SERIES, SeriesNumber=2)
    image = opened([*ct_series(HU), *other])
    np.testing.assert_array_equal(image.read(), HU[::-1])


def test_reconstructions_with_one_series_number_are_told_apart_by_kernel_and_thickness() -> None:
    sharp = ct_series(HU, SeriesInstanceUID=SERIES, ConvolutionKernel="B70f\x1b[31m", SliceThickness=1)
    other = ct_series(HU[:5], SeriesInstanceUID=f"{SERIES}.4", SeriesNumber=4, ConvolutionKernel="B31f")
    image = opened([*ct_series(HU[:7]), *sharp, *other])
    assert image.left_out == (
        LeftOut("series 3, kernel Br38f, 5 mm", 7, is_ct=True),
        LeftOut("series 4", 5, is_ct=True),
    )
    assert "Read was series 3, kernel B70f[31m, 1 mm of several CT series" in image.other_series
    assert "Left out: series 3, kernel Br38f, 5 mm (7 files) and series 4 (5 files)." in image.other_series
    # A number alone where it is enough.
    image = opened([*ct_series(HU), *other])
    assert "Read was series 3 of several" in image.other_series


def test_series_without_a_number_are_told_apart_too() -> None:
    here, there = (ct_series(HU[:size], SeriesInstanceUID=f"{SERIES}.{size}") for size in (8, 7))
    for one in (*here, *there):
        del one.SeriesNumber
    for one in there:
        one.ConvolutionKernel = "B70f"
    image = opened([*here, *there])
    assert "Read was a series without a number, kernel Br38f, 5 mm of several" in image.other_series
    assert "Left out: another series, kernel B70f, 5 mm (7 files)." in image.other_series


def reformat(slices: int, number: int, *, orientation: tuple[float, ...] = SAGITTAL) -> list[Dataset]:
    """A series of its own of the same study, seen from another side."""
    hu = hu_volume(slices, 4, 5)
    uid = f"{SERIES}.{number}"
    return ct_series(hu, orientation=orientation, SeriesInstanceUID=uid, SeriesNumber=number)


@pytest.mark.parametrize("orientation", [SAGITTAL, (1, 0, 0, 0, 0, -1), (1, 0, 0, 0, 0.8, 0.6)])
@pytest.mark.parametrize("made", [list, lambda slices: [enhanced_ct(slices)]])
def test_longer_reformats_do_not_take_the_place_of_the_axial_series(
    orientation: tuple[float, ...], made: Callable[[list[Dataset]], list[Dataset]]
) -> None:
    image = opened([*made(reformat(20, 1, orientation=orientation)), *made(ct_series(HU))])
    np.testing.assert_array_equal(image.read(), HU)
    assert [(one.what, one.is_ct) for one in image.left_out] == [("series 1", True)]
    assert image.other_series.startswith("Read was series 3 of several CT series")


def test_a_slightly_oblique_series_counts_as_axial() -> None:
    sine, cosine = np.sin(np.radians(29)), np.cos(np.radians(29))
    tilted = ct_series(HU, orientation=(1, 0, 0, 0, cosine, sine))
    np.testing.assert_array_equal(opened([*reformat(20, 1), *tilted]).read(), HU)


def test_where_nothing_is_axial_the_longest_is_read() -> None:
    coronal = reformat(9, 5, orientation=(1, 0, 0, 0, 0, -1))
    image = opened([*reformat(8, 4), *coronal])
    assert image.making.series == 5


def test_axial_slices_too_few_for_a_volume_do_not_push_a_series_aside() -> None:
    image = opened([*ct_series(HU[:2]), *reformat(8, 4)])
    assert image.making.series == 4


def test_a_damaged_slice_of_the_axial_series_is_refused_and_no_reformat_read_in_its_place() -> None:
    slices = ct_series(HU)
    del slices[3].ImageOrientationPatient
    error = refusal([*slices, *reformat(20, 4)])
    assert error.reason == "GEOMETRY_MISSING"
    assert "Instance 4" in error.message


def test_of_two_series_as_long_the_order_of_the_files_decides_nothing() -> None:
    here, there = ct_series(HU), ct_series(HU[::-1], SeriesInstanceUID=SERIES, SeriesNumber=2)
    there[0].SeriesNumber = 9
    for files in ([*here, *there], [*there[::-1], *here], [*there[:1], *here, *there[1:]]):
        np.testing.assert_array_equal(opened(files).read(), HU[::-1])


def test_a_fault_of_a_series_that_is_not_read_does_not_matter() -> None:
    broken = ct_series(HU[:5], SeriesInstanceUID=SERIES)
    del broken[0].ImagePositionPatient
    del broken[1].PixelData
    np.testing.assert_array_equal(opened([*broken, *ct_series(HU)]).read(), HU)


def test_reports_pictures_and_other_modalities_are_left_out() -> None:
    report = of_kind("SR", "1.2.840.10008.5.1.4.1.1.88.67")
    del report.PixelData
    picture = of_kind("CT", SecondaryCaptureImageStorage)
    scan = of_kind("PT", "1.2.840.10008.5.1.4.1.1.128")
    image = opened([report, picture, scan, *ct_series(HU)])
    np.testing.assert_array_equal(image.read(), HU)
    assert image.left_out == (LeftOut("PT", 1), LeftOut("SR", 1), LeftOut("screenshot", 1))


def test_what_is_not_ct_is_refused_by_what_it_is() -> None:
    scans = [of_kind("MR", "1.2.840.10008.5.1.4.1.1.4") for _ in range(3)]
    error = refusal([*scans, of_kind("CT", SecondaryCaptureImageStorage)])
    assert error.reason == "NOT_CT"
    assert "MR (3 files) and screenshot (1 file)" in error.message


def test_a_modality_that_is_no_word_does_not_get_into_a_message() -> None:
    scans = [of_kind("DOE JANE", "1.2.840.10008.5.1.4.1.1.4") for _ in range(3)]
    assert "other DICOM (3 files)" in refusal(scans).message


def test_only_localizers_are_too_few_slices() -> None:
    error = refusal([localizer(), localizer()])
    assert error.reason == "TOO_FEW_SLICES"
    assert "2 localizers" in error.message


def test_two_studies_are_refused() -> None:
    other = ct_series(HU, StudyInstanceUID="1.2.826.0.1.98", SeriesInstanceUID=SERIES)
    assert refusal([*ct_series(HU), *other]).reason == "STUDIES_MIXED"


def test_slices_without_pixels_are_refused_by_instance() -> None:
    slices = ct_series(HU)
    del slices[3].PixelData
    error = refusal(slices)
    assert error.reason == "NO_PIXEL_DATA"
    assert "Instance 4" in error.message


def test_a_series_whose_uids_were_emptied_is_read() -> None:
    slices = ct_series(HU)
    for one in slices:
        for keyword in ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"):
            setattr(one, keyword, "")
    image = opened(slices)
    np.testing.assert_array_equal(image.read(), HU)
    assert {one.sop_instance_uid for one in image.slices} == {""}


def test_several_multi_frame_objects_of_one_series_are_one_volume() -> None:
    slices = ct_series(HU)
    parts = [enhanced_ct(slices[4:]), enhanced_ct(slices[:4])]
    np.testing.assert_array_equal(opened(parts).read(), HU)


def test_lost_frames_are_named_as_frames() -> None:
    slices = ct_series(HU)
    error = refusal([enhanced_ct([*slices[:3], *slices[4:]])])
    assert error.reason == "SLICES_MISSING"
    assert "7 of 8 slices arrived; 1 is missing between frame 3 and frame 4" in error.message


def test_a_localizer_among_the_frames_is_left_out() -> None:
    slices = ct_series(HU)
    slices[0].ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
    whole = enhanced_ct(slices)
    whole.ImageType = ["ORIGINAL", "PRIMARY", "VOLUME"]
    image = opened([whole])
    np.testing.assert_array_equal(image.read(), HU[1:])
    assert image.left_out == (LeftOut("localizer frame", 1),)


@pytest.mark.parametrize("keyword", ["PerFrameFunctionalGroupsSequence", "SharedFunctionalGroupsSequence"])
def test_a_multi_frame_object_without_its_groups_is_refused(keyword: str) -> None:
    whole = enhanced_ct(ct_series(HU))
    delattr(whole, keyword)
    assert refusal([whole]).reason in {"FILE_UNREADABLE", "GEOMETRY_MISSING"}


def test_a_frame_number_that_is_a_lie_is_refused() -> None:
    whole = enhanced_ct(ct_series(HU))
    whole.NumberOfFrames = 2_000_000_000
    assert refusal([whole]).reason == "FILE_UNREADABLE"


def test_a_length_that_an_analysis_needs_is_asked_for_in_mm() -> None:
    image = opened(ct_series(HU, step_mm=10))
    image.require_length(80, "the spine")
    with pytest.raises(Exception, match=r"cover 80 mm; the spine needs at least 200 mm") as caught:
        image.require_length(200, "the spine")
    assert getattr(caught.value, "reason", "") == "BODY_PART_NOT_COVERED"


def test_the_patient_is_kept_out_of_what_a_log_shows() -> None:
    image = open_ct([file_bytes(one) for one in ct_series(HU)], CtLimits())
    assert (image.patient.height_m, image.patient.sex) == (1.68, "F")
    for secret in ("1.68", "Jane", "4711", "1.2.826"):
        assert secret not in repr(image)
        assert secret not in repr(image.slices)


@pytest.mark.parametrize(
    ("size", "sex"),
    [("0", ""), ("", "female"), ("0.00", "X"), (" ", "\\"), ("", "Doe^Jane, 1.68 m")],
)
def test_height_and_sex_are_never_guessed_nor_logged(
    size: str, sex: str, caplog: pytest.LogCaptureFixture
) -> None:
    slices = ct_series(HU)
    for one in slices:
        del one.PatientSize, one.PatientSex
        one.add_new("PatientSize", "LO", size)
        one.add_new("PatientSex", "LO", sex)
    files = [file_bytes(one, ImplicitVRLittleEndian) for one in slices]
    caplog.clear()
    patient = open_ct(files, LIMITS).patient
    assert (patient.height_m, patient.sex) == (None, None)
    assert not caplog.records
