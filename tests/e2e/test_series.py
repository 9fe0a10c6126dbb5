"""`radmesh analyze` on a study as a hospital exports it: one folder is one task."""

import os
import signal
from pathlib import Path

import pytest

from radmesh.mesh import Mesh
from tests.support.command import PATIENCE, objects, radmesh, start
from tests.support.ct.studies import write_sparse_study

pytestmark = pytest.mark.xdist_group("studies")


def export(folder: Path, slices: int = 30, side: int = 64, study: int = 50) -> Path:
    """Slices in folders below folders, a viewer and a note beside them."""
    write_sparse_study(folder / "DICOM" / "PAT00001", slices, side, study=study)
    deeper = folder / "DICOM" / os.fsdecode(b"M\xfcller")  # as an old system writes an umlaut
    deeper.mkdir()
    for path in sorted((folder / "DICOM" / "PAT00001").iterdir())[::3]:
        path.rename(deeper / path.name)
    (folder / "VIEWER.EXE").write_bytes(b"MZ" + bytes(1000))
    (folder / "README.TXT").write_text("Doe, Jane")
    return folder


def test_a_folder_is_one_task_whatever_lies_beside_its_slices(study_mesh: Mesh, tmp_path: Path) -> None:
    folder = export(tmp_path / "export")
    done = radmesh("analyze", "study", str(folder), "--json", server=study_mesh.address)
    assert done.returncode == 0, done.stderr
    (row,) = objects(done.stdout)
    assert (row["input"], row["state"]) == ("export", "SUCCEEDED")
    assert row["result"]["slices"] == 30


def test_slices_named_one_by_one_are_one_task_and_two_folders_are_two(
    study_mesh: Mesh, tmp_path: Path
) -> None:
    one = write_sparse_study(tmp_path / "one", 12, 64, study=51)
    other = write_sparse_study(tmp_path / "other", 14, 64, study=52)
    loose = [str(path) for path in sorted(one.iterdir())]
    other = other.rename(tmp_path / os.fsdecode(b"M\xfcller"))
    done = radmesh("analyze", "study", *loose, str(other), "--json", server=study_mesh.address)
    assert done.returncode == 0, done.stderr
    slices = {row["input"]: row["result"]["slices"] for row in objects(done.stdout)}
    assert slices == {"one": 12, other.name: 14}


def test_what_cannot_be_sent_is_said_and_the_other_study_goes_on(study_mesh: Mesh, tmp_path: Path) -> None:
    good = write_sparse_study(tmp_path / "good", 12, 64, study=53)
    empty = tmp_path / os.fsdecode(b"leer-M\xfcller")
    empty.mkdir()
    spoilt = write_sparse_study(tmp_path / "spoilt", 12, 64, study=54)
    (spoilt / "IM9.dcm").write_bytes(bytes(5000))
    folders = [str(one) for one in (good, empty, spoilt)]
    done = radmesh("batch", "study", *folders, server=study_mesh.address)
    assert done.returncode == 1
    assert "good: succeeded" in done.stdout
    assert "there is no DICOM file in it: it is empty" in done.stdout
    assert "leer-M\\udcfcller: " in done.stdout
    assert "IM9.dcm has the name of a DICOM file, but not the content" in done.stdout


def test_ctrl_c_on_the_way_leaves_no_task_and_nothing_staged(study_mesh: Mesh, tmp_path: Path) -> None:
    uploads = study_mesh.options.folder / "blobs" / "uploads"
    before = sorted(uploads.glob("*"))
    folder = write_sparse_study(tmp_path / "study", 1_200, 256, study=55)
    with start("analyze", "study", str(folder), server=study_mesh.address) as running:
        assert running.stdout
        # The bytes of a study that is read first and then sent; Ctrl-C comes while they are sent.
        assert any("uploading 10 %" in line for line in running.stdout)
        running.send_signal(signal.SIGINT)
        _, complaint = running.communicate(timeout=PATIENCE)
    assert running.returncode == 130
    assert "No task was left running" in complaint
    assert sorted(uploads.glob("*")) == before
