"""How many tasks that do nothing go through the mesh, and how soon a caller knows, beside Celery."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench import celery_peer
from bench.batches import batch_of
from bench.figures import Figure, percentile
from bench.noop_worker import NOOP
from radmesh.client import Client
from radmesh.mesh import Mesh, MeshOptions

_TASKS = 400
# Rounds, of which each measures all three, one right after the other.
_ROUNDS = 9
_IN_FLIGHT = 32
_BATCH = 100
_SINGLE_SAMPLES = 50
_POLL_SECONDS = 5.0
_POLL_SAMPLES = 25
# Between two looks at hundreds of results: often enough to add little, seldom enough not to load Redis.
_OFTEN_SECONDS = 0.05


async def _single_creates(client: Client) -> float:
    """Seconds for tasks created one by one, several at once, each watched to its result."""
    places = asyncio.Semaphore(_IN_FLIGHT)

    async def one() -> None:
        async with places:
            async for _ in client.run("noop", []):
                pass

    start = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(_TASKS)))
    return time.perf_counter() - start


async def _batches(client: Client) -> float:
    """Seconds for the same tasks in batches, all at once, each followed by one watch to its last result."""

    async def one() -> None:
        created = await client.batch_create(batch_of("noop", _BATCH))
        async for _ in client.watch_batch(created.batch.name):
            pass

    start = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(_TASKS // _BATCH)))
    return time.perf_counter() - start


async def _know(client: Client) -> float:
    """Seconds from one submission until its watch brought the end."""
    start = time.perf_counter()
    task = await client.create("noop", [])
    async for _ in client.watch(task.name):
        pass
    return time.perf_counter() - start


async def measure_throughput(folder: Path) -> list[Figure]:
    """Tasks a second over Celery's, and the time until a caller knows."""
    with celery_peer.running_celery(folder), Mesh(MeshOptions(folder / "noop", workers=(NOOP,))) as mesh:
        async with Client(mesh.address) as client:
            rounds = await _rounds(client)
            known = [await _know(client) for _ in range(_SINGLE_SAMPLES)]
        polled = await _polled()
    ours_ms, theirs_ms = (percentile(seconds, 0.5) * 1000 for seconds in (known, polled))
    return [
        _over_celery("no-op tasks a second, single creates, over Celery", rounds, "single", 1.0, 1.5),
        _over_celery(
            f"the same in batches of {_BATCH} with one watch each, over Celery", rounds, "batches", 2.0, 3.0
        ),
        Figure(
            "submit until the caller knows, over Celery polled every 5 s, p50",
            ours_ms / theirs_ms,
            "",
            1 / 100,
            1 / 400,
            detail=f"{ours_ms:.1f} ms, Celery {theirs_ms:.0f} ms: 1/{theirs_ms / ours_ms:.0f}",
        ),
    ]


async def _rounds(client: Client) -> list[Mapping[str, float]]:
    """Tasks a second by what was measured; each round in another order, and one before that does not count.

    A machine whose cores are lent to others as well changes its speed within seconds.
    """
    measures: list[tuple[str, Callable[[], Awaitable[float]]]] = [
        ("single", lambda: _single_creates(client)),
        ("batches", lambda: _batches(client)),
        ("celery", lambda: asyncio.to_thread(celery_peer.run_tasks, _TASKS, _OFTEN_SECONDS)),
    ]
    rounds: list[Mapping[str, float]] = []
    for _ in range(1 + _ROUNDS):
        rounds.append({name: _TASKS / await measure() for name, measure in measures})
        measures.append(measures.pop(0))
    return rounds[1:]


def _over_celery(
    what: str, rounds: Sequence[Mapping[str, float]], ours: str, at_least: float, aim: float
) -> Figure:
    """The median of the rounds' ratios, with the two that half of the rounds lie between."""
    ratios = [one[ours] / one["celery"] for one in rounds]
    rate, celery = (percentile([one[name] for one in rounds], 0.5) for name in (ours, "celery"))
    low, high = (percentile(ratios, share) for share in (0.25, 0.75))
    detail = f"{rate:.0f} a second, Celery {celery:.0f}; half of {len(rounds)} rounds {low:.2f} to {high:.2f}"
    return Figure(what, percentile(ratios, 0.5), "", at_least, aim, more_is_better=True, detail=detail)


async def _polled() -> list[float]:
    """Celery's times, several callers at once: each spends its time asleep."""
    with ThreadPoolExecutor(_POLL_SAMPLES) as pool:
        loop = asyncio.get_running_loop()
        calls = [
            loop.run_in_executor(pool, celery_peer.seconds_to_know, _POLL_SECONDS)
            for _ in range(_POLL_SAMPLES)
        ]
        return list(await asyncio.gather(*calls))
