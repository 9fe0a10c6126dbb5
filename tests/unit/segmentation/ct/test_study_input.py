"""What pipelines that take a CT say of their images."""

from radmesh import formats
from services.segmentation.ct.study_input import FILE_EXTENSIONS, StudyLimits, study_input

_THREE_GB = 3 * 10**9


def test_a_study_of_three_gigabytes_may_come_as_one_archive() -> None:
    described = study_input(StudyLimits())
    assert described.accepts_series
    assert described.max_image_bytes > _THREE_GB
    assert (described.min_images, described.max_images) == (1, 1)
    assert {formats.DICOM, formats.TAR, formats.NIFTI_GZIP} <= set(described.media_types)


def test_an_operator_sets_the_limit() -> None:
    assert study_input(StudyLimits(max_image_bytes=7)).max_image_bytes == 7
    assert all(extension.startswith(".") for extension in FILE_EXTENSIONS)
