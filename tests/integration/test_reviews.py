"""Reviewed tasks through a whole mesh: from the worker's stage, over a person's decision, to the result."""

import asyncio
import hashlib
import io
import uuid
from pathlib import Path
from typing import Any

import grpc
import pytest
from PIL import Image

from radmesh import errors
from radmesh.blobs.v1 import blob_service_pb2, blob_service_pb2_grpc
from radmesh.client import Client, result_dict
from radmesh.mesh import Mesh
from radmesh.status import from_rpc_error
from radmesh.tasks.v1 import (
    review_pb2,
    review_service_pb2,
    review_service_pb2_grpc,
    task_pb2,
    task_service_pb2,
    task_service_pb2_grpc,
)
from tests.support.meshes import STEPS, running_mesh

ONE_REVIEW = {"steps": 2, "step_seconds": 0, "review_stages": 1}
AWAITING = task_pb2.TASK_STATE_AWAITING_REVIEW


def picture(grey: int) -> bytes:
    content = io.BytesIO()
    Image.new("L", (16, 16), grey).save(content, "PNG")
    return content.getvalue()


async def awaiting(client: Client, name: str) -> task_pb2.Task:
    """The task, once it waits for a review."""
    async for message in client.watch(name):
        state = message.event.state_change.state or message.snapshot.task.state
        if state == AWAITING:
            return await client.get(name)
    raise AssertionError("it ended without a review")


async def shown(client: Client, **parameters: Any) -> task_pb2.Task:
    """A task of which the first stage waits for a review."""
    task = await client.create("steps", [], parameters={**ONE_REVIEW, **parameters})
    return await awaiting(client, task.name)


async def test_a_replacement_reaches_the_next_stage_and_every_file_stays_readable(client: Client) -> None:
    task = await shown(client)
    (artifact,) = task.artifacts
    assert artifact.file_name == "slice-1.png"
    left = result_dict(task.reviews[-1].stage_result)
    assert (left["steps"], left["attempt"]) == (2, 1), "what the stage left for the next one"
    original = await client.read(artifact.name)
    after = await client.review(task.name, accept=True, replacements={"slice-1.png": picture(99)})
    assert after.stage == 2
    ended = await client.wait(task.name)
    told = result_dict(ended.result)
    assert told["accepted"] == {"slice-1.png": hashlib.sha256(picture(99)).hexdigest()}
    assert (told["stage"], told["stage_attempt"], told["attempt"]) == (2, 1, 2)
    assert [one.file_name for one in ended.artifacts] == ["slice-1.png", "steps.json"]
    assert await client.read(artifact.name) == original
    assert await client.read(ended.artifacts[1].name)
    (review,) = ended.reviews
    assert (review.reviewer, review.decision) == ("local", review_pb2.REVIEW_DECISION_ACCEPTED)
    assert await client.read(review.replacements[0].image) == picture(99)


async def test_a_watch_goes_on_over_several_reviews(client: Client) -> None:
    task = await client.create("steps", [], parameters={**ONE_REVIEW, "review_stages": 2})
    seen: list[str] = []
    numbers: list[int] = []
    async for message in client.watch(task.name, after_sequence=0):
        if not message.HasField("event"):
            continue
        numbers.append(message.event.sequence)
        seen.append(message.event.state_change.reason or message.event.artifact.file_name)
        if message.event.state_change.state == AWAITING:
            await client.review(task.name, accept=True, sequence=message.event.sequence)
    assert seen == [
        *("CREATED", "ASSIGNED", "slice-1.png", "REVIEW_REQUESTED"),
        *("REVIEW_ACCEPTED", "ASSIGNED", "slice-2.png", "REVIEW_REQUESTED"),
        *("REVIEW_ACCEPTED", "ASSIGNED", "steps.json", "COMPLETED"),
    ]
    assert numbers == list(range(1, 13))


async def test_the_files_of_each_stage_lie_with_the_attempt_that_did_it(client: Client) -> None:
    task = await shown(client, crash_attempts=1)
    assert (task.attempt, task.reviews[-1].attempt) == (2, 2)
    await client.review(task.name, accept=True)
    ended = await client.wait(task.name)
    assert [(one.file_name, one.attempt) for one in ended.artifacts] == [
        ("slice-1.png", 2),
        ("steps.json", 3),
    ]
    for artifact in ended.artifacts:
        assert hashlib.sha256(await client.read(artifact.name)).hexdigest() == artifact.sha256


async def test_a_review_expires_by_the_tasks_own_timeout(client: Client, mesh: Mesh) -> None:
    request = task_service_pb2.CreateTaskRequest(request_id=str(uuid.uuid4()), pipeline="pipelines/steps")
    request.parameters.update(ONE_REVIEW)
    request.timeouts.review_timeout.FromSeconds(1)
    async with grpc.aio.insecure_channel(mesh.address) as channel:
        stub: Any = task_service_pb2_grpc.TaskServiceStub(channel)
        task = (await stub.CreateTask(request)).task
    ended = await client.wait(task.name)
    assert (ended.state, ended.error.reason) == (task_pb2.TASK_STATE_FAILED, "REVIEW_EXPIRED")
    assert "1 s" in ended.error.message
    (review,) = ended.reviews
    assert review.decision == review_pb2.REVIEW_DECISION_EXPIRED
    assert not review.HasField("expire_time")


async def test_a_rejection_ends_the_task_with_the_reviewers_words(client: Client) -> None:
    task = await shown(client)
    rejected = await client.review(task.name, accept=False, reason="not L3")
    assert rejected.state == task_pb2.TASK_STATE_FAILED
    assert (rejected.error.reason, rejected.error.metadata["review_reason"]) == ("REVIEW_REJECTED", "not L3")
    with pytest.raises(errors.FailedPreconditionError) as raised:
        await client.review(task.name, accept=True, sequence=task.sequence)
    assert raised.value.reason == "NOT_AWAITING_REVIEW"
    again = await client.review(task.name, accept=False, reason="not L3", sequence=task.sequence)
    assert again == rejected


async def test_bad_decisions_are_refused_and_the_review_stays_open(client: Client, mesh: Mesh) -> None:
    task = await shown(client)
    (artifact,) = task.artifacts
    image = (await client.upload(picture(1))).name
    nobodys = f"images/{'0' * 64}"
    bmp = io.BytesIO()
    Image.new("L", (16, 16)).save(bmp, "BMP")
    other_type = (await client.upload(bmp.getvalue())).name
    accepted, rejected = review_pb2.REVIEW_DECISION_ACCEPTED, review_pb2.REVIEW_DECISION_REJECTED

    def replaced(name: str, by: str) -> list[review_pb2.ArtifactReplacement]:
        return [review_pb2.ArtifactReplacement(artifact=name, image=by)]

    cases: list[tuple[dict[str, Any], str]] = [
        ({"decision": accepted, "sequence": 1}, "REVIEW_CHANGED"),
        ({"decision": rejected}, "INVALID_REQUEST"),
        ({"decision": review_pb2.REVIEW_DECISION_EXPIRED}, "INVALID_REQUEST"),
        ({"decision": rejected, "reason": "x" * 501}, "INVALID_REQUEST"),
        ({"decision": accepted, "name": f"tasks/{'0' * 32}"}, "TASK_NOT_FOUND"),
        (
            {"decision": accepted, "replacements": replaced(f"{task.name}/artifacts/no.png", image)},
            "ARTIFACT_NOT_FOUND",
        ),
        (
            {"decision": accepted, "replacements": replaced(artifact.name, nobodys)},
            "IMAGE_NOT_FOUND",
        ),
        ({"decision": accepted, "replacements": replaced(artifact.name, other_type)}, "UNSUPPORTED_FORMAT"),
    ]
    async with grpc.aio.insecure_channel(mesh.address) as channel:
        stub: Any = review_service_pb2_grpc.ReviewServiceStub(channel)
        for fields, reason in cases:
            request = review_service_pb2.ReviewTaskRequest(
                **{"name": task.name, "sequence": task.sequence, **fields}
            )
            with pytest.raises(grpc.aio.AioRpcError) as raised:
                await stub.ReviewTask(request)
            assert from_rpc_error(raised.value).reason == reason, fields
    assert (await client.get(task.name)).state == AWAITING
    assert (await client.cancel(task.name)).state == task_pb2.TASK_STATE_CANCELLED


async def test_a_review_outlives_the_whole_mesh_and_reviewers_decide_for_others(tmp_path: Path) -> None:
    environment = {"RADMESH_GATEWAY_TRUST_PRINCIPAL": "true", "RADMESH_GATEWAY_REVIEWERS": "carol, dora"}
    with running_mesh(tmp_path, workers=(STEPS,), environment=environment) as mesh:
        async with Client(mesh.address) as client:
            task = await shown(client)
        await asyncio.to_thread(mesh.stop)
    with running_mesh(tmp_path, workers=(STEPS,), environment=environment) as mesh:
        async with Client(mesh.address) as client, grpc.aio.insecure_channel(mesh.address) as channel:
            assert await client.get(task.name) == task
            bob, carol = _Visitor(channel, "bob"), _Visitor(channel, "carol")
            for visit in (bob.get(task.name), bob.read(task.artifacts[0].name), bob.watch(task.name)):
                assert await visit == "TASK_NOT_FOUND"
            assert await bob.accept(task) == "TASK_NOT_FOUND"
            undecided = "state=AWAITING_REVIEW"
            for asked in (undecided, f"{undecided} AND owner=local"):
                assert await bob.list(asked) == []
                assert await carol.list(asked) == [task.name]
            # What does not wait for a review is its owner's alone, also for reviewers.
            for asked in ("", "owner=local", f"{undecided} AND owner=bob", "state=QUEUED AND owner=local"):
                assert await carol.list(asked) == []
            for visit in (carol.get(task.name), carol.read(task.artifacts[0].name), carol.watch(task.name)):
                assert await visit == ""
            assert await carol.accept(task) == ""
            assert await carol.list(undecided) == []
            ended = await client.wait(task.name)
    assert (ended.state, ended.reviews[0].reviewer) == (task_pb2.TASK_STATE_SUCCEEDED, "carol")


class _Visitor:
    """What another principal is told, by reason; empty when it gets what it asks for."""

    def __init__(self, channel: grpc.aio.Channel, principal: str) -> None:
        self._metadata = (("radmesh-principal", principal),)
        self._tasks: Any = task_service_pb2_grpc.TaskServiceStub(channel)
        self._blobs: Any = blob_service_pb2_grpc.BlobServiceStub(channel)
        self._reviews: Any = review_service_pb2_grpc.ReviewServiceStub(channel)

    async def get(self, name: str) -> str:
        request = task_service_pb2.GetTaskRequest(name=name)
        return await self._told(self._tasks.GetTask(request, metadata=self._metadata))

    async def list(self, asked: str) -> list[str]:
        request = task_service_pb2.ListTasksRequest(filter=asked)
        answer = await self._tasks.ListTasks(request, metadata=self._metadata)
        return [one.name for one in answer.tasks]

    async def accept(self, task: task_pb2.Task) -> str:
        request = review_service_pb2.ReviewTaskRequest(
            name=task.name, sequence=task.sequence, decision=review_pb2.REVIEW_DECISION_ACCEPTED
        )
        return await self._told(self._reviews.ReviewTask(request, metadata=self._metadata))

    async def read(self, name: str) -> str:
        request = blob_service_pb2.ReadBlobRequest(name=name)
        return await self._told(self._blobs.ReadBlob(request, metadata=self._metadata).read())

    async def watch(self, name: str) -> str:
        request = task_service_pb2.WatchTaskRequest(name=name)
        call = self._tasks.WatchTask(request, metadata=self._metadata)
        try:
            return await self._told(call.read())
        finally:
            call.cancel()

    async def _told(self, call: Any) -> str:
        try:
            await call
        except grpc.aio.AioRpcError as error:
            return from_rpc_error(error).reason
        return ""
