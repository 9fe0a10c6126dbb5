"""A runner of several stages: what a worker says when one is done, and what the next one gets."""

import hashlib
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format, struct_pb2

from radmesh.tasks.v1 import task_pb2
from radmesh.tasks.v1 import worker_service_pb2 as work
from services.chassis.artifacts import artifact_key
from tests.integration.worker.scripted_tasks import Bench, steps_bench
from tests.integration.worker.steps import assignment

QUICK: dict[str, Any] = {"steps": 1, "step_seconds": 0}


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncGenerator[Bench, None]:
    async with steps_bench(tmp_path) as running:
        yield running


async def second_stage(bench: Bench, *file_names: str) -> work.Assignment:
    """An assignment whose first stage wrote these files in attempt 4; the first one was replaced."""
    given = assignment(attempt=5, review_stages=1, **QUICK)
    given.stage = 2
    before = struct_pb2.Struct()
    before.update({"attempt": 4})
    given.accepted_stage.stage_result.Pack(before)
    for name in file_names:
        await bench.blobs.put(artifact_key(given.lease.task, 4, name), name.encode())
        artifact = f"{given.lease.task}/artifacts/{name}"
        given.accepted_stage.artifacts.append(
            task_pb2.Artifact(name=artifact, file_name=name, media_type="image/png", attempt=4)
        )
    if file_names:
        replacement = given.accepted_stage.replacements.add(
            artifact=f"{given.lease.task}/artifacts/{file_names[0]}"
        )
        replacement.image.name = f"images/{'b' * 64}"
        await bench.blobs.put(replacement.image.name, b"by hand")
    return given


async def test_a_finished_stage_comes_with_its_files_and_what_the_next_one_needs(bench: Bench) -> None:
    stream = await bench.tasks.welcomed()
    given = assignment(review_stages=1, **QUICK)
    await stream.send(assignment=given)
    outcome = await stream.next("outcome")
    assert outcome.WhichOneof("outcome") == "stage_finished"
    kept = struct_pb2.Struct()
    assert outcome.stage_finished.stage_result.Unpack(kept)
    assert kept["attempt"] == 1
    (artifact,) = outcome.artifacts
    assert artifact.name == f"{given.lease.task}/artifacts/slice-1.png"
    content = await bench.blobs.read(artifact_key(given.lease.task, 1, "slice-1.png"))
    assert hashlib.sha256(content).hexdigest() == artifact.sha256


async def test_the_next_stage_gets_the_accepted_files_in_the_place_of_the_written_ones(bench: Bench) -> None:
    stream = await bench.tasks.welcomed()
    await stream.send(assignment=await second_stage(bench, "one.png", "two.png"))
    outcome = await stream.next("outcome")
    result = struct_pb2.Struct()
    assert outcome.result.Unpack(result)
    told = json_format.MessageToDict(result)
    assert (told["stage"], told["stage_attempt"]) == (2, 4)
    assert told["accepted"] == {
        "one.png": hashlib.sha256(b"by hand").hexdigest(),
        "two.png": hashlib.sha256(b"two.png").hexdigest(),
    }


async def test_a_stage_that_writes_a_file_of_one_before_it_fails_and_leaves_that_file_alone(
    bench: Bench,
) -> None:
    stream = await bench.tasks.welcomed()
    given = await second_stage(bench, "steps.json")
    await stream.send(assignment=given)
    outcome = await stream.next("outcome")
    assert outcome.error.reason == "INVALID_OUTCOME"
    assert "steps.json" in outcome.error.message
    assert await bench.blobs.keys("artifacts/") == [artifact_key(given.lease.task, 4, "steps.json")]


async def test_a_file_of_an_earlier_stage_that_is_gone_fails_the_attempt(bench: Bench) -> None:
    stream = await bench.tasks.welcomed()
    given = await second_stage(bench, "one.png")
    await bench.blobs.delete(artifact_key(given.lease.task, 4, "one.png"))
    await stream.send(assignment=given)
    outcome = await stream.next("outcome")
    assert (outcome.error.reason, outcome.error.retryable) == ("ARTIFACT_NOT_FOUND", False)


async def test_an_answer_that_a_runner_refuses_goes_back_with_its_reason(bench: Bench) -> None:
    stream = await bench.tasks.welcomed()
    given = await second_stage(bench, "one.png")
    given.parameters.update({"refuse_steps": 1})
    await stream.send(assignment=given)
    outcome = await stream.next("outcome")
    assert outcome.WhichOneof("outcome") == "answer_refused"
    assert (outcome.answer_refused.error.reason, outcome.artifacts) == ("STEPS_REFUSED", [])
    assert "Say others" in outcome.answer_refused.error.message
