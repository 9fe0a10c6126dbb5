"""A child leaves nothing in the service that spawned it, above all no descriptor that is closed twice."""

import asyncio
import gc
import os
import warnings

import uvloop

from services.chassis.child_process import ChildProcess, RunnerSpec
from tests.support.steps_worker import RUNNER


def descriptors() -> set[str]:
    """Where this process's open files lead."""
    leads = set()
    for number in os.listdir("/proc/self/fd"):
        try:
            leads.add(f"{number} {os.readlink(f'/proc/self/fd/{number}')}")
        except FileNotFoundError:  # the folder's own, while it was listed
            continue
    return leads


def test_a_child_that_died_leaves_no_descriptor_open() -> None:
    """On the loop of the services; what is left for the garbage collector there is closed by two owners."""

    async def live() -> None:
        child = await ChildProcess.spawn(RunnerSpec(RUNNER))
        await child.wait_loaded(60)
        child.kill()
        await child.ended.wait()
        await child.reap()
        await asyncio.sleep(0)

    async def two_lives() -> set[str]:
        await live()  # the loop keeps a descriptor or two for itself
        before = descriptors()
        await live()
        return descriptors() - before

    with warnings.catch_warnings(action="error"):
        left = uvloop.run(two_lives())
        gc.collect()
    assert not left
