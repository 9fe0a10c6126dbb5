"""The sections of `make bench`: what each measures, and the mesh that it needs."""

import asyncio
import gc
import subprocess
import sys
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from bench.backlog import fill, measure_backlog
from bench.cancel import measure_cancel
from bench.crowd import WATCHES, measure_crowd
from bench.ct_l3 import measure_ct_l3
from bench.ct_reading import measure_ct_reading
from bench.events import measure_events
from bench.failover import QUICK_LEASES, WORKERS, measure_failover
from bench.fanout import BareFanOut, measure_fanout
from bench.figures import Figure
from bench.nnunet import measure_flat, measure_memory, measure_solid
from bench.nnunet_cancel import measure_cancels
from bench.nnunet_mesh import measure_volumes, served_mesh
from bench.overhead import measure_overhead
from bench.startup import measure_startup
from bench.studies import measure_studies
from bench.throughput import measure_throughput
from bench.uploads import measure_uploads
from radmesh.mesh import SEGMENTATION, Mesh, MeshOptions, WorkerModule
from tests.support.meshes import STUDY

_STEPS = WorkerModule("steps", "tests.support.steps_worker", "RADMESH_STEPS_")
_LARGE_UPLOADS = {"RADMESH_GATEWAY_MAX_UPLOAD_BYTES": str(1 << 30)}
_MANY_WATCHES = {"RADMESH_GATEWAY_WATCH_LIMIT": str(2 * WATCHES)}

Section = Callable[[Path], Awaitable[list[Figure]]]


@asynccontextmanager
async def _mesh_without_workers(folder: Path, environment: Mapping[str, str]) -> AsyncGenerator[Mesh, None]:
    """A mesh that knows `steps` but has no worker of it: tasks stay queued until the bench cancels them."""
    mesh = Mesh(MeshOptions(folder / "mesh", workers=(_STEPS,), environment=environment))
    try:
        await asyncio.to_thread(mesh.start)
        await asyncio.to_thread(mesh.process("steps").stop, 5.0)
        yield mesh
    finally:
        await asyncio.to_thread(mesh.stop)


async def _startup(folder: Path) -> list[Figure]:
    return [await asyncio.to_thread(measure_startup)]


async def _overhead(folder: Path) -> list[Figure]:
    mesh = Mesh(MeshOptions(folder / "mesh", workers=(SEGMENTATION,)))
    try:
        await asyncio.to_thread(mesh.start)
        return await measure_overhead(mesh, folder)
    finally:
        await asyncio.to_thread(mesh.stop)


async def _events(folder: Path) -> list[Figure]:
    async with _mesh_without_workers(folder, {}) as mesh:
        return [await measure_events(mesh, 100, 20, 5), await measure_events(mesh, 1_000, 50, 10)]


async def _uploads(folder: Path) -> list[Figure]:
    async with _mesh_without_workers(folder, _LARGE_UPLOADS) as mesh:
        return await measure_uploads(mesh)


async def _fanout(folder: Path) -> list[Figure]:
    with _bare_fanout_server() as address:
        bare = BareFanOut(address)
        try:
            async with _mesh_without_workers(folder, {}) as mesh:
                return [await measure_fanout(mesh, bare)]
        finally:
            await bare.close()


async def _crowd(folder: Path) -> list[Figure]:
    async with _mesh_without_workers(folder, _MANY_WATCHES) as mesh:
        return await measure_crowd(mesh)


async def _backlog(folder: Path) -> list[Figure]:
    async with (
        _mesh_without_workers(folder / "empty", {}) as empty,
        _mesh_without_workers(folder / "full", {}) as full,
    ):
        await fill(full)
        return [await measure_backlog(empty, full)]


async def _cancel(folder: Path) -> list[Figure]:
    mesh = Mesh(MeshOptions(folder / "mesh", workers=(_STEPS,)))
    try:
        await asyncio.to_thread(mesh.start)
        return await measure_cancel(mesh)
    finally:
        await asyncio.to_thread(mesh.stop)


async def _failover(folder: Path) -> list[Figure]:
    workers = tuple(WorkerModule(name, _STEPS.module, _STEPS.prefix) for name in WORKERS)
    mesh = Mesh(MeshOptions(folder / "mesh", workers=workers, environment=QUICK_LEASES))
    try:
        await asyncio.to_thread(mesh.start)
        return [await measure_failover(mesh)]
    finally:
        await asyncio.to_thread(mesh.stop)


async def _ct_reading(folder: Path) -> list[Figure]:
    return await asyncio.to_thread(measure_ct_reading, folder)


async def _studies(folder: Path) -> list[Figure]:
    mesh = Mesh(MeshOptions(folder / "mesh", workers=(STUDY,)))
    try:
        await asyncio.to_thread(mesh.start)
        return await measure_studies(mesh, folder)
    finally:
        await asyncio.to_thread(mesh.stop)


async def _nnunet_flat(folder: Path) -> list[Figure]:
    return await asyncio.to_thread(measure_flat, folder)


async def _nnunet_solid(folder: Path) -> list[Figure]:
    return await asyncio.to_thread(measure_solid, folder)


async def _nnunet_memory(folder: Path) -> list[Figure]:
    return await asyncio.to_thread(measure_memory, folder)


async def _nnunet_mesh(folder: Path) -> list[Figure]:
    async with served_mesh(folder) as mesh:
        return await measure_volumes(mesh, folder)


async def _ct_l3_memory(folder: Path) -> list[Figure]:
    return await asyncio.to_thread(measure_ct_l3, folder)


@contextmanager
def _bare_fanout_server() -> Generator[str, None, None]:
    command = [sys.executable, "-m", "bench.bare_fanout_server"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield f"127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.terminate()


SECTIONS: Mapping[str, Section] = {
    "startup": _startup,
    "overhead": _overhead,
    "events": _events,
    "uploads": _uploads,
    "throughput": measure_throughput,
    "fanout": _fanout,
    "crowd": _crowd,
    "backlog": _backlog,
    "cancel": _cancel,
    "failover": _failover,
    "ct-reading": _ct_reading,
    "studies": _studies,
    "nnunet-2d": _nnunet_flat,
    "nnunet-3d": _nnunet_solid,
    "nnunet-memory": _nnunet_memory,
    "nnunet-cancel": measure_cancels,
    "nnunet-mesh": _nnunet_mesh,
    "ct-l3-memory": _ct_l3_memory,
}
"""By name, in the order of the table. Each gets an empty folder of its own."""


def measure(section: str) -> list[Figure]:
    """The figures of one section, in a folder that is gone afterwards. For a process of its own."""
    # It holds the callers and watchers: its own collections must not be measured.
    gc.freeze()
    with tempfile.TemporaryDirectory(prefix="radmesh-bench-") as folder:
        return asyncio.run(_in_loop(SECTIONS[section], Path(folder)))


async def _in_loop(section: Section, folder: Path) -> list[Figure]:
    return await section(folder)
