"""A study that is being analysed is taken instead of analysed once more, in a batch as alone."""

import json
from pathlib import Path

import pytest

from radmesh.client import SyncClient
from radmesh.mesh import Mesh
from tests.support.command import objects, radmesh
from tests.support.ct.studies import write_sparse_study

pytestmark = pytest.mark.xdist_group("studies")
LATER = ("--not-before", "+1h", "--detach", "--json")


@pytest.fixture
def folders(tmp_path: Path) -> list[str]:
    """Two series of one study, and another study."""
    sizes = {"first": (12, 60), "second": (14, 60), "other": (12, 61)}
    return [
        str(write_sparse_study(tmp_path / name, slices, 64, study=study))
        for name, (slices, study) in sizes.items()
    ]


def test_a_batch_makes_one_active_task_of_a_study(study_mesh: Mesh, folders: list[str]) -> None:
    first, second, other = folders
    line = ("batch", "study", *folders, "--once-per-study", *LATER)
    (made,) = objects(radmesh(*line, server=study_mesh.address).stdout)
    assert len(made["tasks"]) == 2
    assert made["active"] == [made["tasks"][0]]
    with SyncClient(study_mesh.address) as client:
        try:
            # Another batch finds both, and creates nothing; alone they are found too.
            (again,) = objects(radmesh(*line, server=study_mesh.address).stdout)
            assert (again["name"], again["tasks"]) == ("", [])
            assert again["active"] == [made["tasks"][0], made["tasks"][0], made["tasks"][1]]
            alone = ("analyze", "study", other, "--once-per-study", *LATER)
            (found,) = objects(radmesh(*alone, server=study_mesh.address).stdout)
            assert (found["deduplicated"], found["name"]) == (True, made["tasks"][1])
            # The pipeline does not ask for it, so without the option each is a task of its own.
            for said in ((), ("--force",)):
                (forced,) = objects(
                    radmesh("batch", "study", first, second, *said, *LATER, server=study_mesh.address).stdout
                )
                assert (len(forced["tasks"]), forced["active"]) == (2, [])
                for name in forced["tasks"]:
                    client.cancel(name)
        finally:
            for name in made["tasks"]:
                client.cancel(name)


def test_a_batch_waits_for_what_was_active_before_too(
    study_mesh: Mesh, folders: list[str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    line = ("batch", "study", *folders, "--once-per-study", "--json", "--out", str(out))
    done = radmesh(*line, server=study_mesh.address)
    assert done.returncode == 0, done.stderr
    rows = {row["input"]: row for row in objects(done.stdout)}
    assert {row["state"] for row in rows.values()} == {"SUCCEEDED"}
    assert rows["first"]["name"] == rows["second"]["name"] != rows["other"]["name"]
    slices = {label: row["result"]["slices"] for label, row in rows.items()}
    assert slices == {"first": 12, "second": 12, "other": 12}


def test_what_holds_no_study_is_refused_where_it_is_asked_for(
    study_mesh: Mesh, folders: list[str], tmp_path: Path
) -> None:
    volume = tmp_path / "volume.nii"
    volume.write_bytes((348).to_bytes(4, "little") + bytes(340) + b"n+1\0" + bytes(100))
    line = ("batch", "study", folders[2], str(volume), "--once-per-study", "--json")
    done = radmesh(*line, server=study_mesh.address)
    assert done.returncode == 2
    rows = {row["input"]: row for row in objects(done.stdout)}
    assert rows["other"]["state"] == "SUCCEEDED"
    assert "no DICOM" in json.dumps(rows["volume.nii"]["error"])
    both = ("analyze", "study", folders[0], "--once-per-study", "--dedupe-key", "k")
    assert radmesh(*both, server=study_mesh.address).returncode == 2
