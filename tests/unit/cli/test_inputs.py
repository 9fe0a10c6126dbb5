"""Which tasks the paths of a command line become, and where their artifacts go."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radmesh.cli.inputs import Input, find_inputs, keep_apart, together
from radmesh.cli.running import UsageError
from radmesh.tasks.v1 import pipeline_pb2

ONE = pipeline_pb2.PipelineInput(file_extensions=[".png", ".jpg"], min_images=1, max_images=1)
SERIES = pipeline_pb2.PipelineInput(file_extensions=[".dcm"], min_images=1, max_images=500)
VOLUMES = pipeline_pb2.PipelineInput(file_extensions=[".nii"], max_images=16, accepts_series=True)


def touch(folder: Path, *names: str) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b"x")
    return [folder / name for name in names]


def test_each_file_is_a_task_of_its_own(tmp_path: Path) -> None:
    paths = touch(tmp_path, "a.png", "b.jpg")
    found = find_inputs(paths, ONE)
    assert [(one.paths, one.label, one.folder) for one in found] == [
        ((paths[0],), "a.png", "a"),
        ((paths[1],), "b.jpg", "b"),
    ]


def test_a_folder_gives_the_files_that_the_pipeline_accepts_in_order(tmp_path: Path) -> None:
    touch(tmp_path, "2.PNG", "1.jpg", "notes.txt", ".hidden.png")
    (tmp_path / "nested.png").mkdir()
    assert [one.label for one in find_inputs([tmp_path], ONE)] == ["1.jpg", "2.PNG"]


def test_a_file_named_by_itself_is_taken_whatever_its_extension(tmp_path: Path) -> None:
    assert len(find_inputs(touch(tmp_path, "scan.bin"), ONE)) == 1


def test_a_folder_without_an_accepted_file_is_refused_with_what_is_accepted(tmp_path: Path) -> None:
    touch(tmp_path, "notes.txt")
    with pytest.raises(UsageError, match=r"\.jpg, \.png"):
        find_inputs([tmp_path], ONE)


def test_a_folder_is_one_task_where_the_pipeline_takes_a_series(tmp_path: Path) -> None:
    paths = touch(tmp_path / "study", "1.dcm", "2.dcm")
    found = find_inputs([tmp_path / "study"], SERIES)
    assert [(one.paths, one.folder) for one in found] == [(tuple(paths), "study")]


def test_stems_that_collide_are_kept_apart(tmp_path: Path) -> None:
    paths = [*touch(tmp_path / "x", "a.png", "a.jpg"), *touch(tmp_path / "y", "a.png")]
    assert [one.folder for one in find_inputs(paths, ONE)] == ["a", "a-2", "a-3"]


@pytest.mark.parametrize("accepted", [ONE, VOLUMES])
@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("ct.nii.gz", "ct"),
        ("CT.NII.GZ", "CT"),
        ("ct.tar.gz", "ct"),
        ("ct.1.nii.gz", "ct.1"),
        ("ct.1.nii", "ct.1"),
    ],
)
def test_a_compressed_file_names_its_folder_without_both_endings(
    name: str, folder: str, accepted: pipeline_pb2.PipelineInput, tmp_path: Path
) -> None:
    assert [one.folder for one in find_inputs(touch(tmp_path, name), accepted)] == [folder]


def test_a_path_given_twice_is_one_task(tmp_path: Path) -> None:
    (path,) = touch(tmp_path, "a.png")
    assert len(find_inputs([path, path], ONE)) == 1


@given(st.lists(st.sampled_from(["a", "b", "a-2", "a-3", "b-2"])))
def test_names_kept_apart_are_unique_and_the_first_keeps_its_own(names: list[str]) -> None:
    apart = keep_apart(names)
    assert len(set(apart)) == len(names)
    assert all(apart[names.index(name)] == name for name in names)


def test_images_of_one_task_go_together_in_their_order(tmp_path: Path) -> None:
    paths = [touch(tmp_path, name)[0] for name in ("t2.nii", "t1.nii")]
    one = together(find_inputs(paths, VOLUMES))
    assert (one.paths, one.label, one.series) == (tuple(paths), "t2.nii", False)
    (tmp_path / "study").mkdir()
    with pytest.raises(UsageError, match="study is a series"):
        together([*find_inputs(paths, VOLUMES), Input((tmp_path,), "study", "study", series=True)])
