"""A folder of slices as one image: packed on its way, told as it goes, and given up without a trace."""

import asyncio
import hashlib
import io
import tarfile
from pathlib import Path

import pytest

from radmesh import errors
from radmesh.client import UploadProgress, UploadStage
from tests.unit.client.sources.exports import dicom, write
from tests.unit.client.test_uploads import NAME, Uploads, serving

SLICES = {f"Doe^Jane/{number}": dicom(number, 200_000) for number in range(12)}


async def test_a_folder_arrives_as_an_archive_of_its_slices(tmp_path: Path) -> None:
    servicer = Uploads([1, 0, 1])
    async with serving(servicer) as client:
        image = await client.upload_series(write(tmp_path, SLICES), pipeline="ct")
    declared = servicer.created[0]
    assert image.name == f"images/{hashlib.sha256(servicer.content).hexdigest()}"
    assert (declared.file_extension, declared.pipeline) == (".tar", "pipelines/ct")
    assert declared.size_bytes == len(servicer.content)
    with tarfile.open(fileobj=io.BytesIO(servicer.content)) as archive:
        files = [archive.extractfile(member) for member in archive]
        assert sorted(file.read() for file in files if file) == sorted(SLICES.values())
    assert b"Doe" not in servicer.content
    assert servicer.deleted == []


async def test_a_folder_that_is_submitted_is_one_series(tmp_path: Path) -> None:
    servicer = Uploads([])
    async with serving(servicer) as client:
        with pytest.raises(errors.RadmeshError):  # nobody serves tasks here
            await client.submit("ct", write(tmp_path, SLICES))
    assert servicer.created[0].file_extension == ".tar"


async def test_both_passes_are_told_from_nothing_to_all(tmp_path: Path) -> None:
    told: list[UploadProgress] = []
    async with serving(Uploads([])) as client:
        await client.upload_series(write(tmp_path, SLICES), on_progress=told.append)
    for stage in UploadStage:
        done = [one.done_bytes for one in told if one.stage is stage]
        assert done == sorted(done)
        assert done[-1] > told[0].total_bytes - (1 << 20)
    assert {one.total_bytes for one in told} == {12 * (200_192 + 512) + 1024}


async def test_a_file_that_changes_on_the_way_ends_it_and_leaves_nothing_there(tmp_path: Path) -> None:
    write(tmp_path, SLICES)

    def change(progress: UploadProgress) -> None:
        if progress.stage is UploadStage.SENDING:
            write(tmp_path, dict.fromkeys(SLICES, b"other"))

    servicer = Uploads([])
    async with serving(servicer) as client:
        with pytest.raises(errors.FailedPreconditionError) as caught:
            await client.upload_series(tmp_path, on_progress=change)
    assert caught.value.reason == "FILE_CHANGED"
    assert servicer.deleted == [NAME]


async def test_a_file_that_vanishes_on_the_way_is_an_os_error(tmp_path: Path) -> None:
    path = write(tmp_path, {"scan.png": bytes(3 << 20)}) / "scan.png"

    def remove(progress: UploadProgress) -> None:
        if progress.stage is UploadStage.READING:
            path.unlink(missing_ok=True)

    servicer = Uploads([])
    async with serving(servicer) as client:
        with pytest.raises(FileNotFoundError):
            await client.upload(path, on_progress=remove)
    assert servicer.deleted == [NAME]


async def test_an_upload_that_is_cancelled_leaves_nothing_there(tmp_path: Path) -> None:
    servicer = Uploads([])
    async with serving(servicer) as client:
        folder = write(tmp_path, {f"{number}": dicom(number, 4 << 20) for number in range(20)})
        sending = asyncio.create_task(client.upload_series(folder))
        await servicer.arrived.wait()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
    assert servicer.deleted == [NAME]
    assert servicer.content == b""
