"""How long a submission takes when 100,000 tasks wait already, beside an empty queue."""

import time

from bench.batches import batch_of
from bench.figures import Figure, percentile
from radmesh.client import Client
from radmesh.mesh import Mesh

_WAITING = 100_000
_AT_ONCE = 500
_PAIRS = 300


async def _submit(client: Client) -> float:
    start = time.perf_counter()
    await client.create("steps", [])
    return time.perf_counter() - start


async def fill(mesh: Mesh) -> None:
    """Queues the tasks that wait."""
    async with Client(mesh.address) as client:
        for _ in range(_WAITING // _AT_ONCE):
            await client.batch_create(batch_of("steps", _AT_ONCE))


async def measure_backlog(empty: Mesh, full: Mesh) -> Figure:
    """The ratio of the medians, of submissions to two meshes in turn: both see the same machine."""
    short, long = [], []
    async with Client(empty.address) as to_empty, Client(full.address) as to_full:
        await _submit(to_empty)
        await _submit(to_full)
        for _ in range(_PAIRS):
            short.append(await _submit(to_empty))
            long.append(await _submit(to_full))
    few, many = (percentile(seconds, 0.5) * 1000 for seconds in (short, long))
    return Figure(
        f"submit with {_WAITING:,} tasks queued, over an empty queue, p50",
        many / few,
        "",
        1.3,
        1.05,
        detail=f"{many:.2f} ms, empty {few:.2f} ms, {_PAIRS} pairs",
    )
