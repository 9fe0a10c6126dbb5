"""Studies of many files through a whole mesh: as one image each, in bounded memory, in their order."""

import asyncio
from pathlib import Path
from typing import Any

import psutil
import pytest
from google.protobuf import struct_pb2

from radmesh import errors
from radmesh.client import Client, UploadProgress, UploadStage, unpack_result
from radmesh.mesh import Mesh
from radmesh.tasks.v1 import task_pb2
from tests.support.ct.studies import write_sparse_study
from tests.support.memory import peak_bytes, resident_bytes

pytestmark = pytest.mark.xdist_group("studies")

MIB = 1 << 20


def values(task: task_pb2.Task) -> dict[str, Any]:
    assert task.HasField("result"), task.error
    result = unpack_result(task.result)
    assert isinstance(result, struct_pb2.Struct)
    return dict(result)


def staged(mesh: Mesh) -> list[Path]:
    """What the gateway keeps of uploads that did not become images, and their records."""
    return list((mesh.options.folder / "blobs" / "uploads").glob("*"))


def worker_and_child(mesh: Mesh) -> tuple[int, int]:
    pid = mesh.process("study").pid
    assert pid
    (child,) = [one for one in psutil.Process(pid).children() if "services.chassis.child" in one.cmdline()]
    return pid, child.pid


async def test_two_thousand_slices_are_one_image_and_open_as_one_volume(
    study_mesh: Mesh, tmp_path: Path
) -> None:
    folder = write_sparse_study(tmp_path / "study", 2_000, 64)
    async with Client(study_mesh.address) as client:
        analysis = await client.analyze("study", folder)
    found = values(analysis.task)
    assert (found["slices"], found["rows"], found["columns"]) == (2_000, 64, 64)
    assert found["sum_hu"] == -1024 * 64 * 64 * 2_000
    assert len(analysis.task.images) == 1


async def test_a_study_that_is_there_is_not_sent_again(study_mesh: Mesh, tmp_path: Path) -> None:
    folder = write_sparse_study(tmp_path / "study", 40, 64, study=1)
    told: list[UploadProgress] = []
    async with Client(study_mesh.address) as client:
        first = await client.upload_series(folder, pipeline="study")
        again = await client.upload_series(
            sorted(folder.iterdir(), reverse=True), pipeline="study", on_progress=told.append
        )
    assert again.name == first.name
    assert {one.stage for one in told} == {UploadStage.READING}


async def test_the_same_study_twice_at_once_is_one_image(study_mesh: Mesh, tmp_path: Path) -> None:
    folder = write_sparse_study(tmp_path / "study", 40, 256, study=2)
    async with Client(study_mesh.address) as one, Client(study_mesh.address) as other:
        sent = await asyncio.gather(*(client.upload_series(folder) for client in (one, other, one)))
        tasks = [await one.create("study", [image.name]) for image in sent]
        assert len({image.name for image in sent}) == 1
        assert {values(await one.wait(task.name))["slices"] for task in tasks} == {40}


async def test_an_upload_that_is_broken_off_leaves_nothing_in_the_store(
    study_mesh: Mesh, tmp_path: Path
) -> None:
    folder = write_sparse_study(tmp_path / "study", 200, 256, study=3)
    before = staged(study_mesh)
    under_way = asyncio.Event()

    def stop(progress: UploadProgress) -> None:
        if progress.stage is UploadStage.SENDING and progress.done_bytes > 4 * MIB:
            under_way.set()

    async with Client(study_mesh.address) as client:
        sending = asyncio.create_task(client.upload_series(folder, pipeline="study", on_progress=stop))
        await under_way.wait()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
    assert staged(study_mesh) == before


async def test_a_folder_without_a_ct_fails_with_a_reason_and_one_without_dicom_is_not_sent(
    study_mesh: Mesh, tmp_path: Path
) -> None:
    folder, empty = write_sparse_study(tmp_path / "study", 2, 64, study=4), tmp_path / "empty"
    empty.mkdir()
    async with Client(study_mesh.address) as client:
        analysis = await client.analyze("study", folder)
        assert analysis.task.error.reason == "TOO_FEW_SLICES"
        with pytest.raises(errors.ImageFormatError, match="no DICOM file"):
            await client.analyze("study", empty)


async def test_twenty_studies_at_once_take_the_memory_of_one_and_their_turns(
    study_mesh: Mesh, tmp_path: Path
) -> None:
    folders = [write_sparse_study(tmp_path / f"{one}", 60, 256, study=100 + one) for one in range(20)]
    worker, child = worker_and_child(study_mesh)
    async with Client(study_mesh.address) as client:
        await client.analyze("study", folders[0])
        before = resident_bytes(worker), resident_bytes(child)
        images = await asyncio.gather(*(client.upload_series(one, pipeline="study") for one in folders))
        tasks = [await client.create("study", [image.name]) for image in images]
        ended = [await client.wait(task.name) for task in tasks]
    assert [values(task)["slices"] for task in ended] == [60] * 20
    finished = [task.end_time.ToNanoseconds() for task in ended]
    assert finished == sorted(finished)
    # Twenty studies have 150 MiB; each is mapped, and no other than the one that is looked at.
    grown = peak_bytes(worker) - before[0], peak_bytes(child) - before[1]
    assert max(grown) < 64 * MIB, grown
