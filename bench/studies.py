"""A study of 3 GB from a folder to the model's child: what memory each process takes for it."""

import asyncio
import os
import time
from pathlib import Path

import psutil
from google.protobuf import struct_pb2

from bench.figures import Figure
from radmesh.client import Client, UploadProgress, UploadStage, unpack_result
from radmesh.mesh import Mesh
from tests.support.ct.studies import write_sparse_study
from tests.support.memory import peak_bytes, resident_bytes

MIB = 1 << 20
_SLICES, _SIDE = 5_800, 512
_AT_LEAST, _AIM = 128, 64


def _processes(mesh: Mesh) -> dict[str, int]:
    """The processes that a study passes, by what they are."""
    gateway, worker = (mesh.process(name).pid for name in ("gateway", "study"))
    assert gateway
    assert worker
    children = psutil.Process(worker).children()
    (child,) = [one.pid for one in children if "services.chassis.child" in one.cmdline()]
    return {"client": psutil.Process().pid, "gateway": gateway, "worker": worker, "model's child": child}


async def _send_and_look(client: Client, folder: Path) -> tuple[int, dict[UploadStage, float]]:
    """Sends a study and has a worker open it; its bytes, and when each stage began."""
    began: dict[UploadStage, float] = {}

    def note(progress: UploadProgress) -> None:
        began.setdefault(progress.stage, time.perf_counter())

    image = await client.upload_series(folder, pipeline="study", on_progress=note)
    task = await client.create("study", [image.name])
    ended = await client.wait(task.name)
    result = unpack_result(ended.result)
    assert isinstance(result, struct_pb2.Struct), ended.error
    assert result["slices"] == len(os.listdir(folder)), result
    return image.size_bytes, began


async def measure_studies(mesh: Mesh, folder: Path) -> list[Figure]:
    """The growth of each process over what it had after a study of ten slices."""
    small = write_sparse_study(folder / "small", 10, _SIDE, study=1)
    large = await asyncio.to_thread(write_sparse_study, folder / "large", _SLICES, _SIDE)
    async with Client(mesh.address) as client:
        await _send_and_look(client, small)
        processes = _processes(mesh)
        before = {name: resident_bytes(pid) for name, pid in processes.items()}
        start = time.perf_counter()
        sent_bytes, began = await _send_and_look(client, large)
        seconds = time.perf_counter() - start
    peaks = {name: peak_bytes(pid) for name, pid in processes.items()}
    sending = began[UploadStage.SENDING] - start
    size = f"{sent_bytes / 1e9:.1f} GB"
    how = f"{_SLICES} files, found and hashed in {sending:.0f} s, sent and read in {seconds - sending:.0f} s"
    return [
        Figure(
            f"memory that the {name} takes for a study of {size}",
            (peaks[name] - before[name]) / MIB,
            "MiB",
            _AT_LEAST,
            _AIM,
            detail=f"its peak is {peaks[name] / MIB:.0f} MiB; {how}",
        )
        for name in processes
    ]
