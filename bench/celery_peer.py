"""What the mesh is compared with: Celery on a Redis of its own, as durable as ours, with one worker.

The settings are those of Celery's documentation for tasks that must not be lost: acknowledged late, and given
to another worker when theirs is lost.
"""

import os
import random
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from celery import Celery
from celery.result import AsyncResult

from bench.noop_worker import SLOTS
from tests.support.redis_process import RedisProcess

_URL = "RADMESH_BENCH_CELERY_URL"
_START_SECONDS = 60.0

app = Celery("bench", broker=os.environ.get(_URL), backend=os.environ.get(_URL))
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    broker_connection_retry_on_startup=True,
    worker_hijack_root_logger=False,
)


@app.task(name="noop")  # type: ignore[untyped-decorator]  # Celery has no types
def noop() -> dict[str, str]:
    """Returns an empty result at once."""
    return {}


@contextmanager
def running_celery(folder: Path) -> Generator[Celery, None, None]:
    """A Redis with `appendfsync always`, and one Celery worker with as many processes as ours has slots."""
    redis = RedisProcess(folder / "celery-redis")
    redis.start()
    app.conf.update(broker_url=redis.url, result_backend=redis.url)
    command = [sys.executable, "-m", "celery", "-A", "bench.celery_peer", "worker", "--loglevel=WARNING"]
    command += [f"--concurrency={SLOTS}", "--without-gossip", "--without-mingle"]
    with (folder / "celery.log").open("wb") as log:
        environment = {**os.environ, _URL: redis.url}
        worker = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            _wait(noop.apply_async())
            yield app
        finally:
            worker.terminate()
            worker.wait(timeout=30)
            redis.stop()


def _wait(result: AsyncResult) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not result.ready():
        if time.monotonic() > deadline:
            raise RuntimeError("Celery's worker does not answer")
        time.sleep(0.05)


def run_tasks(count: int, poll_seconds: float) -> float:
    """Seconds from the first submission until a polling client knows every result.

    poll_seconds: the pause between two rounds of asking for those not known yet.
    """
    start = time.perf_counter()
    waiting = [noop.apply_async() for _ in range(count)]
    while waiting:
        waiting = [result for result in waiting if not result.ready()]
        if waiting:
            time.sleep(poll_seconds)
    return time.perf_counter() - start


def seconds_to_know(poll_seconds: float) -> float:
    """Seconds from one submission until a client that asks every `poll_seconds` knows its result.

    Such a client looks at all its tasks in turn: when it first looks at this one is up to chance.
    """
    start = time.perf_counter()
    result = noop.apply_async()
    time.sleep(random.uniform(0, poll_seconds))
    while not result.ready():
        time.sleep(poll_seconds)
    return time.perf_counter() - start
