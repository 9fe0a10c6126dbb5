"""Analyze: the whole way of one image on one stream."""

import asyncio
import time
import uuid
from typing import Any

import grpc
import pytest

from radmesh.gateway.v1 import analysis_service_pb2 as api
from radmesh.tasks.v1 import task_pb2, task_service_pb2
from tests.integration.gateway.door import PATIENCE, PNG, Door, name_of, other_png, refusal, until


def header(content: bytes, **fields: Any) -> api.AnalyzeHeader:
    parameters = fields.pop("parameters", {"steps": 2})
    fields = {
        "request_id": str(uuid.uuid4()),
        "pipeline": "pipelines/steps",
        "size_bytes": len(content),
        **fields,
    }
    made = api.AnalyzeHeader(**fields)
    made.parameters.update(parameters)
    return made


async def analyze(door: Door, first: api.AnalyzeHeader, content: bytes) -> list[api.AnalyzeResponse]:
    call = door.analysis.Analyze(timeout=PATIENCE)
    try:
        await call.write(api.AnalyzeRequest(header=first))
        for start in range(0, len(content), 300_000):
            await call.write(api.AnalyzeRequest(chunk=content[start : start + 300_000]))
        await call.done_writing()
    except (grpc.RpcError, grpc.aio.UsageError):
        pass  # answered already
    return [message async for message in call]


def kinds(messages: list[api.AnalyzeResponse]) -> list[str]:
    return [str(message.WhichOneof("message")) for message in messages]


async def test_one_call_goes_from_the_image_to_the_artifacts(door: Door) -> None:
    content = other_png() * 300
    first = header(content, include_artifacts=True, sha256=name_of(content)[7:], file_extension=".png")
    first.parameters.update({"artifact_bytes": 2_500_000})
    before = set(door.listing())
    messages = await analyze(door, first, content)
    order = list(dict.fromkeys(kind for kind in kinds(messages) if kind not in ("progress", "bookmark")))
    assert order == ["image", "snapshot", "event", "artifact_chunk"]
    assert messages[0].image.name == name_of(content)
    events = [one.event for one in messages if one.HasField("event")]
    assert events[-1].state_change.result.TypeName() == "google.protobuf.Struct"
    parts = [one.artifact_chunk for one in messages if one.HasField("artifact_chunk")]
    assert [one.offset for one in parts] == [sum(len(p.chunk) for p in parts[:i]) for i in range(len(parts))]
    joined = b"".join(one.chunk for one in parts)
    assert len(joined) == 2_500_000
    assert (await door.read(parts[0].name))[0] == joined
    left = {name.partition("/")[0] for name in set(door.listing()) - before}
    assert left == {"images", "artifacts"}


async def test_the_same_request_gives_the_same_task(door: Door) -> None:
    content = other_png()
    first = header(content)
    names = set()
    for messages in await asyncio.gather(*(analyze(door, first, content) for _ in range(3))):
        (snapshot,) = [one.snapshot for one in messages if one.HasField("snapshot")]
        names.add(snapshot.task.name)
    assert len(names) == 1
    error = await refusal(analyze(door, first, other_png()))
    assert (error.reason, error.numeric_code) == ("REQUEST_ID_REUSED", 10002)


async def snapshot_of(door: Door, first: api.AnalyzeHeader, content: bytes) -> api.AnalyzeResponse:
    """What the stream says first of the task, which goes on."""
    call = door.analysis.Analyze(timeout=PATIENCE)
    await call.write(api.AnalyzeRequest(header=first))
    await call.write(api.AnalyzeRequest(chunk=content))
    await call.done_writing()
    async for message in call:
        if message.HasField("snapshot"):
            call.cancel()
            return message  # type: ignore[no-any-return]
    raise AssertionError("no snapshot came")


async def test_the_header_says_all_that_a_create_can(door: Door) -> None:
    content, later = other_png(), int(time.time()) + 3600
    first = header(
        content,
        dedupe_key=uuid.uuid4().hex,
        priority=task_pb2.TASK_PRIORITY_STAT,
        labels={"ward": "west"},
    )
    first.timeouts.attempt_timeout.FromSeconds(77)
    first.not_before_time.FromSeconds(later)
    told = await snapshot_of(door, first, content)
    task = told.snapshot.task
    assert (task.priority, dict(task.labels)) == (task_pb2.TASK_PRIORITY_STAT, {"ward": "west"})
    assert (task.timeouts.attempt_timeout.seconds, task.not_before_time.seconds) == (77, later)
    assert not told.deduplicated
    # While it waits, its key stands for it.
    first.request_id = str(uuid.uuid4())
    again = await snapshot_of(door, first, content)
    assert (again.snapshot.task.name, again.deduplicated) == (task.name, True)
    await door.tasks.CancelTask(task_service_pb2.CancelTaskRequest(name=task.name))
    first.request_id, first.callback_url = str(uuid.uuid4()), "ftp://ris.example/"
    assert (await refusal(analyze(door, first, content))).reason == "CALLBACK_REFUSED"


async def test_a_task_that_fails_ends_the_stream_with_its_error_inside(door: Door) -> None:
    content = other_png()
    messages = await analyze(door, header(content, parameters={"fail": "NO_VESSELS"}), content)
    change = messages[-1].event.state_change
    assert (change.state, change.error.reason) == (task_pb2.TASK_STATE_FAILED, "NO_VESSELS")


@pytest.mark.parametrize(
    ("content", "fields", "reason"),
    [
        (PNG, {"request_id": "5"}, "INVALID_REQUEST"),
        (PNG, {"pipeline": ""}, "INVALID_REQUEST"),
        (PNG, {"pipeline": "pipelines/none"}, "PIPELINE_NOT_FOUND"),
        (PNG, {"size_bytes": 1 << 40}, "IMAGE_TOO_LARGE"),
        (PNG, {"size_bytes": 0}, "EMPTY_FILE"),
        (PNG, {"size_bytes": 1_000_000}, "IMAGE_TOO_LARGE"),
        (PNG, {"size_bytes": len(PNG) + 1}, "UPLOAD_INCOMPLETE"),
        (PNG, {"sha256": "0" * 64}, "CHECKSUM_MISMATCH"),
        (PNG, {"file_extension": ".bmp"}, "FORMAT_MISMATCH"),
        (b"no image", {}, "UNSUPPORTED_FORMAT"),
    ],
)
async def test_what_is_wrong_is_told_and_leaves_nothing(
    door: Door, content: bytes, fields: dict[str, Any], reason: str
) -> None:
    with door.nothing_left():
        error = await refusal(analyze(door, header(content, **fields), content))
    assert error.reason == reason


async def test_a_stream_without_header_or_with_two_is_refused(door: Door) -> None:
    with door.nothing_left():
        for requests in (
            [],
            [api.AnalyzeRequest(chunk=b"x")],
            [api.AnalyzeRequest(header=header(PNG)), api.AnalyzeRequest(header=header(PNG))],
        ):
            call = door.analysis.Analyze(iter(requests), timeout=PATIENCE)

            async def answers(call: Any = call) -> list[Any]:
                return [message async for message in call]

            assert (await refusal(answers())).reason == "INVALID_REQUEST"


async def test_breaking_off_before_the_task_was_created_leaves_nothing(door: Door) -> None:
    request_id = str(uuid.uuid4())
    content = other_png() * 500
    with door.nothing_left():
        before = set(door.listing())
        call = door.analysis.Analyze()
        await call.write(api.AnalyzeRequest(header=header(content, request_id=request_id)))
        for start in (0, 1 << 20):
            await call.write(api.AnalyzeRequest(chunk=content[start : start + (1 << 20)]))
        await until(lambda: set(door.listing()) - before)
        call.cancel()
        await until(lambda: set(door.listing()) == before)
    listed = await door.tasks.ListTasks(task_service_pb2.ListTasksRequest(page_size=500))
    assert not any(name_of(content) in task.images for task in listed.tasks)


async def test_breaking_off_afterwards_leaves_the_task_to_go_on(door: Door) -> None:
    content = other_png()
    call = door.analysis.Analyze(timeout=PATIENCE)
    await call.write(api.AnalyzeRequest(header=header(content, parameters={"step_seconds": 0.1})))
    await call.write(api.AnalyzeRequest(chunk=content))
    await call.done_writing()
    async for message in call:
        if message.HasField("snapshot"):
            break
    name = message.snapshot.task.name
    call.cancel()
    states = [one.event.state_change.state async for one in door.watch(name, 0)]
    assert task_pb2.TASK_STATE_SUCCEEDED in states
