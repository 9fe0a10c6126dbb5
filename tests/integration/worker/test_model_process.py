"""A model runs in a child: what it produces comes back, and its end is never the service's end."""

import asyncio
import gc
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from radmesh.errors import InferenceError
from radmesh.tasks.v1.task_pb2 import TaskProgress
from services.chassis.model_process import ModelTimers
from services.chassis.runner import CancelledRun
from tests.integration.worker.steps import assignment, steps_pool


def ignore(progress: TaskProgress) -> None:
    """Takes progress that a test does not look at."""


async def test_a_run_returns_result_and_files_and_reports_every_step(tmp_path: Path) -> None:
    image = tmp_path / "an image"
    image.write_bytes(b"x" * 2_000_000)
    seen: list[TaskProgress] = []
    async with steps_pool() as pool:
        process = await pool.take()
        work = assignment(images=("images/a",), steps=4, step_seconds=0, artifact_bytes=3_000_000)
        output = await process.run(work, [image], seen.append)
    assert [progress.units_done for progress in seen] == [0, 1, 2, 3, 4]
    assert seen[-1].fraction == 1.0
    assert output.result.type_url.endswith("google.protobuf.Struct")
    (file,) = output.files
    assert file.artifact.file_name == "steps.json"
    assert file.artifact.size_bytes == len(file.content) == 3_000_000
    assert b'"image_bytes": 2000000' in file.content


async def test_an_image_is_handed_over_without_a_byte_of_it(tmp_path: Path) -> None:
    study = tmp_path / "a study"
    with study.open("wb") as file:
        file.truncate(64 << 30)  # sparse; more than this machine could hold
    async with steps_pool() as pool:
        process = await pool.take()
        output = await process.run(assignment(images=("images/a",), steps=1), [study], ignore)
    assert b'"image_bytes": 68719476736' in output.files[0].content


async def test_a_killed_child_ends_its_run_as_crashed_and_another_takes_its_place() -> None:
    async with steps_pool() as pool:
        process = await pool.take()
        first = process.pid
        with pytest.raises(InferenceError) as caught:
            await process.run(assignment(crash_attempts=1), [], ignore)
        assert caught.value.reason == "WORKER_CRASHED"
        assert "signal 9" in caught.value.message
        pool.give_back(process)
        process = await pool.take()
        assert process.pid != first
        await process.run(assignment(attempt=2, crash_attempts=1), [], ignore)


async def test_a_child_killed_while_idle_is_replaced() -> None:
    async with steps_pool() as pool:
        process = await pool.take()
        pool.give_back(process)
        first = process.pid
        assert first
        replaced = asyncio.Event()
        pool.on_change = lambda: replaced.set() if process.loaded else None
        os.kill(first, signal.SIGKILL)
        await replaced.wait()
        assert process.pid != first
        await process.run(assignment(steps=1), [], ignore)


async def test_a_cancel_is_obeyed_between_steps_and_the_child_stays() -> None:
    async with steps_pool() as pool:
        process = await pool.take()
        pid = process.pid
        run = asyncio.create_task(
            process.run(assignment(steps=10_000, step_seconds=0.01), [], lambda _: process.cancel())
        )
        with pytest.raises(CancelledRun):
            await run
        assert process.pid == pid
        await process.run(assignment(steps=1), [], ignore)


async def test_a_cancel_that_is_not_obeyed_kills_the_child_after_its_time() -> None:
    async with steps_pool(ModelTimers(cancel_seconds=0.3)) as pool:
        process = await pool.take()
        pid = process.pid
        begun = time.monotonic()
        run = process.run(
            assignment(steps=1000, step_seconds=0.05, ignore_cancel=True), [], lambda _: process.cancel()
        )
        with pytest.raises(CancelledRun):
            await run
        assert 0.3 <= time.monotonic() - begun < 30, "not the 50 s of its steps"
        assert not process.loaded
        pool.give_back(process)
        process = await pool.take()
        assert process.pid != pid


async def test_a_hung_model_is_stopped_and_named_as_stalled() -> None:
    async with steps_pool(ModelTimers(stall_seconds=0.5)) as pool:
        process = await pool.take()
        with pytest.raises(InferenceError) as caught:
            await process.run(assignment(hang_attempts=1), [], ignore)
        assert caught.value.reason == "WORKER_STALLED"


async def test_a_run_says_itself_how_long_its_model_may_stand_still() -> None:
    async with steps_pool(ModelTimers(stall_seconds=0.2)) as pool:
        process = await pool.take()
        slow = assignment(steps=2, step_seconds=0.5)
        await process.run(slow, [], ignore, stall_seconds=5.0)
        await process.run(slow, [], ignore, stall_seconds=0.0)
        with pytest.raises(InferenceError) as caught:
            await process.run(slow, [], ignore)
        assert caught.value.reason == "WORKER_STALLED"


async def test_a_suspect_runs_alone_in_its_child_and_its_crash_touches_no_other_run() -> None:
    async with steps_pool(slots=2) as pool:
        suspect, neighbour = await pool.take(), await pool.take()
        assert suspect.pid != neighbour.pid
        running = asyncio.create_task(neighbour.run(assignment(steps=40, step_seconds=0.02), [], ignore))
        with pytest.raises(InferenceError):
            await suspect.run(assignment(crash_attempts=1), [], ignore)
        with pytest.raises(RuntimeError):
            await neighbour.run(assignment(attempt=2), [], ignore)
        await running


async def test_a_run_that_takes_too_long_is_stopped_though_it_shows_progress() -> None:
    async with steps_pool() as pool:
        process = await pool.take()
        with pytest.raises(InferenceError) as caught:
            await process.run(assignment(steps=10_000), [], ignore, timeout_seconds=0.5)
        assert caught.value.reason == "WORKER_STALLED"
        assert "0.5 s" in caught.value.message


async def test_a_typed_failure_keeps_its_reason_and_the_child() -> None:
    async with steps_pool() as pool:
        process = await pool.take()
        pid = process.pid
        with pytest.raises(InferenceError) as caught:
            await process.run(assignment(fail="LENS_CAP_ON"), [], ignore)
        assert caught.value.reason == "LENS_CAP_ON"
        assert process.pid == pid
        assert process.loaded


async def test_an_exception_of_the_model_is_named_without_its_text() -> None:
    async with steps_pool() as pool:
        process = await pool.take()
        with pytest.raises(InferenceError) as caught:
            await process.run(assignment(steps="Jane Doe"), [], ignore)
        assert caught.value.reason == "INFERENCE_FAILED"
        assert "ValueError" in caught.value.message
        assert "Jane" not in caught.value.message


async def test_a_model_that_fails_to_load_tells_everyone_who_waits() -> None:
    async with steps_pool(fail_load=True) as pool:
        with pytest.raises(InferenceError) as caught:
            await pool.take()
        assert caught.value.reason == "MODEL_LOAD_FAILED"
        assert pool.free == 0


async def test_a_model_that_loads_too_slowly_is_given_up_with_its_own_reason() -> None:
    async with steps_pool(ModelTimers(load_seconds=0.2), load_seconds=60) as pool:
        with pytest.raises(InferenceError) as caught:
            await pool.take()
        assert caught.value.reason == "MODEL_LOAD_TIMEOUT"


async def test_slots_are_lent_in_turn_and_each_once() -> None:
    async with steps_pool(slots=2) as pool:
        first, second = await pool.take(), await pool.take()
        assert first is not second
        assert pool.free == 0
        third = asyncio.create_task(pool.take())
        fourth = asyncio.create_task(pool.take())
        await asyncio.sleep(0)
        pool.give_back(second)
        assert await third is second
        fourth.cancel()
        await asyncio.wait([fourth])
        pool.give_back(first)
        assert pool.free == 1


PARENT = """
import asyncio
import gc
import sys

from tests.integration.worker.steps import assignment, steps_pool

async def main():
    async with steps_pool() as pool:
        process = await pool.take()
        run = asyncio.create_task(process.run(assignment(hang_attempts=1), [], lambda progress: None))
        print(process.pid, file=sys.stderr, flush=True)
        await run

asyncio.run(main())
"""


def test_a_child_is_gone_soon_after_its_parent_was_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stderr
        child = os.pidfd_open(int(parent.stderr.readline()))
        parent.kill()
    gone, _, _ = select.select([child], [], [], 10)
    os.close(child)
    assert gone


def test_the_child_never_imports_grpc() -> None:
    told = "import sys, services.chassis.child; sys.exit('grpc' in sys.modules or 'torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", told], check=False).returncode == 0


async def test_a_pool_that_stops_while_its_children_start_leaves_nothing_behind() -> None:
    for pauses in range(8):
        async with steps_pool(slots=2):
            for _ in range(pauses):
                await asyncio.sleep(0)
        gc.collect()


async def test_a_pool_that_stops_while_its_child_ends_leaves_nothing_behind() -> None:
    for pauses in range(6):
        async with steps_pool() as pool:
            process = await pool.take()
            assert process.pid
            os.kill(process.pid, signal.SIGKILL)
            while process.loaded:  # noqa: ASYNC110  to catch the very round of the loop
                await asyncio.sleep(0)
            for _ in range(pauses):
                await asyncio.sleep(0)
        gc.collect()
