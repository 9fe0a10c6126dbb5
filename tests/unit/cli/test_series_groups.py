"""Where an image may be a series: which paths are one image together."""

from pathlib import Path

import pytest

from radmesh.cli.inputs import find_inputs
from radmesh.cli.running import UsageError
from radmesh.cli.sending import upload_words
from radmesh.client import UploadProgress, UploadStage
from radmesh.tasks.v1 import pipeline_pb2
from tests.unit.client.sources.exports import dicom, write

SERIES = pipeline_pb2.PipelineInput(
    file_extensions=[".dcm", ".nii", ".zip"], min_images=1, max_images=1, accepts_series=True
)


def test_each_folder_is_one_image_whatever_its_depth(tmp_path: Path) -> None:
    write(tmp_path, {"a/1/IM1": dicom(1), "a/2/IM2": dicom(2), "b/IM3": dicom(3)})
    found = find_inputs([tmp_path / "a", tmp_path / "b"], SERIES)
    assert [(one.paths, one.label, one.folder, one.series) for one in found] == [
        ((tmp_path / "a",), "a", "a", True),
        ((tmp_path / "b",), "b", "b", True),
    ]


def test_slices_named_one_by_one_are_one_image_and_other_files_each_one(tmp_path: Path) -> None:
    write(tmp_path, {"study/IM1": dicom(1), "study/IM2.dcm": dicom(2), "scan.nii": b"x", "study.zip": b"PK"})
    paths = [tmp_path / "scan.nii", *sorted((tmp_path / "study").iterdir()), tmp_path / "study.zip"]
    found = find_inputs(paths, SERIES)
    assert [(len(one.paths), one.label, one.series) for one in found] == [
        (2, "study", True),
        (1, "scan.nii", False),
        (1, "study.zip", False),
    ]


def test_one_file_of_many_frames_is_called_by_its_own_name(tmp_path: Path) -> None:
    write(tmp_path, {"IM1.dcm": dicom(1)})
    (found,) = find_inputs([tmp_path / "IM1.dcm"], SERIES)
    assert (found.label, found.folder, found.series) == ("IM1.dcm", "IM1", True)


def test_a_folder_of_volumes_gives_an_image_for_each(tmp_path: Path) -> None:
    write(tmp_path, {"2.nii": b"x", "1.zip": b"x", "notes.txt": b"x", ".hidden.nii": b"x"})
    assert [(one.label, one.series) for one in find_inputs([tmp_path], SERIES)] == [
        ("1.zip", False),
        ("2.nii", False),
    ]


def test_an_archive_beside_slices_is_left_out_with_other_junk(tmp_path: Path) -> None:
    write(tmp_path, {"viewer.zip": b"x", "DICOM/IM1": dicom(1)})
    (found,) = find_inputs([tmp_path], SERIES)
    assert (found.paths, found.series) == ((tmp_path,), True)


def test_an_empty_folder_is_refused_when_its_upload_begins_and_not_before(tmp_path: Path) -> None:
    (found,) = find_inputs([tmp_path], SERIES)
    assert found.series


def test_a_folder_that_cannot_be_looked_through_is_a_usage_error(tmp_path: Path) -> None:
    write(tmp_path, {"a.nii": b"x"})
    (tmp_path / "b").symlink_to(tmp_path / "b")
    with pytest.raises(UsageError, match="symbolic links"):
        find_inputs([tmp_path], SERIES)


@pytest.mark.parametrize(
    ("stage", "done", "total", "words"),
    [
        (UploadStage.READING, 1_600_000_000, 3_200_000_000, "reading 50 % of 3.2 GB"),
        (UploadStage.SENDING, 3_200_000_000, 3_200_000_000, "uploading 100 % of 3.2 GB"),
        (UploadStage.READING, 0, 1_000, "uploading"),
        (UploadStage.SENDING, 0, 0, "uploading"),
    ],
)
def test_a_large_upload_says_how_far_it_is(stage: UploadStage, done: int, total: int, words: str) -> None:
    assert upload_words(UploadProgress(stage, done, total)) == words
