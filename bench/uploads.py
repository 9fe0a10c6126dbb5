"""Upload through the gateway over a bare gRPC client stream, and the gateway's memory meanwhile."""

import asyncio
import os
import sys
import threading
import time
import uuid
from collections.abc import AsyncIterator
from statistics import median

import grpc
import psutil

from bench.figures import Figure, percentile
from radmesh.blobs.v1 import upload_service_pb2 as pb2
from radmesh.blobs.v1 import upload_service_pb2_grpc as pb2_grpc
from radmesh.mesh import Mesh

MIB = 1 << 20
_ROUND_BYTES = 256 * MIB
_ROUNDS = 24
# A PNG's first bytes: the gateway looks at the content of what it takes.
_HEAD = b"\x89PNG\r\n\x1a\n"


async def _chunks(upload: str, total: int, chunk: bytes) -> AsyncIterator[pb2.WriteUploadRequest]:
    for offset in range(0, total, MIB):
        content = _HEAD + chunk[len(_HEAD) :] if offset == 0 else chunk
        last = offset + MIB >= total
        yield pb2.WriteUploadRequest(name=upload, offset=offset, chunk=content, finish=last)


async def _send(channel: grpc.aio.Channel, upload: str, chunk: bytes) -> float:
    """Seconds that one round takes, from the first byte to the answer."""
    stub = pb2_grpc.UploadServiceStub(channel)
    start = time.perf_counter()
    answer = await stub.WriteUpload(_chunks(upload, _ROUND_BYTES, chunk))
    assert answer.upload.offset == _ROUND_BYTES, answer
    return time.perf_counter() - start


async def _open_upload(channel: grpc.aio.Channel) -> str:
    request = pb2.CreateUploadRequest(request_id=str(uuid.uuid4()), size_bytes=_ROUND_BYTES)
    return (await pb2_grpc.UploadServiceStub(channel).CreateUpload(request)).upload.name


class _Memory:
    """Samples the resident memory of a process on a thread: its size at the start, and the peak since."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self.start = self.peak = self._process.memory_info().rss
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def _sample(self) -> None:
        while not self._stop.wait(0.02):
            self.peak = max(self.peak, self._process.memory_info().rss)

    def growth_bytes(self) -> int:
        """Stops, and returns the growth from the start to the peak."""
        self._stop.set()
        self._thread.join()
        return int(self.peak - self.start)


async def _rounds(mesh: Mesh, bare: grpc.aio.Channel) -> tuple[list[float], list[float], int]:
    """Seconds of each round through the gateway and bare, and the gateway's memory growth.

    One of each makes a pair, which of them goes first changes from pair to pair: a machine that grows slower
    or faster meanwhile favours neither.
    """
    gateway_pid = mesh.process("gateway").pid
    assert gateway_pid is not None
    through, over_bare = [], []
    async with grpc.aio.insecure_channel(mesh.address) as gateway:
        # One round warms up: code, sockets, and the allocator's first pools.
        await _send(gateway, await _open_upload(gateway), os.urandom(MIB))
        memory = _Memory(gateway_pid)
        for number in range(_ROUNDS):
            chunk = os.urandom(MIB)
            if number % 2:
                over_bare.append(await _send(bare, "uploads/none", chunk))
            through.append(await _send(gateway, await _open_upload(gateway), chunk))
            if not number % 2:
                over_bare.append(await _send(bare, "uploads/none", chunk))
    return through, over_bare, memory.growth_bytes()


async def measure_uploads(mesh: Mesh) -> list[Figure]:
    """The ratio of the rates, and the growth while 6 GiB pass. Each round is a file of 256 MiB of its own."""
    command = (sys.executable, "-m", "bench.bare_upload_server")
    server = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        assert server.stdout is not None
        port = int(await server.stdout.readline())
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as bare:
            await _send(bare, "uploads/none", os.urandom(MIB))
            through, over_bare, growth = await _rounds(mesh, bare)
    finally:
        server.kill()
        await server.wait()
    rates = [_ROUND_BYTES / MIB / percentile(seconds, 0.5) for seconds in (through, over_bare)]
    ratios = [bare_round / round_ for round_, bare_round in zip(through, over_bare, strict=True)]
    return [
        Figure(
            "upload through the gateway over a bare client stream",
            median(ratios),
            "×",
            0.6,
            0.9,
            more_is_better=True,
            detail=f"{_ROUNDS} pairs, {rates[0]:.0f} over {rates[1]:.0f} MiB/s; hashed, on disk, recorded",
        ),
        Figure(
            "gateway's memory growth while 6 GB pass",
            growth / MIB,
            "MiB",
            64,
            16,
            detail=f"{_ROUNDS} files of {_ROUND_BYTES // MIB} MiB, sampled every 20 ms",
        ),
    ]
