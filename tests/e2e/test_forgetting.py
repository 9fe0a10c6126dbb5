"""`radmesh pipelines delete`: what nobody serves or waits for any more is forgotten."""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta

import grpc

from radmesh.client import Client
from radmesh.mesh import Mesh
from tests.integration.tasks.hand_worker import HandWorker, described
from tests.support.command import objects, radmesh


async def run(mesh: Mesh, *arguments: str) -> tuple[int, str, str]:
    done = await asyncio.to_thread(radmesh, *arguments, server=mesh.address)
    return done.returncode, done.stdout, done.stderr


async def test_a_pipeline_is_forgotten_once_nobody_serves_it_or_waits_for_it(
    mesh: Mesh, client: Client
) -> None:
    pipeline = f"gone-{uuid.uuid4().hex[:8]}"
    delete = ("pipelines", "delete", pipeline)
    worker = HandWorker(described(pipeline))
    async with grpc.aio.insecure_channel(mesh.process("tasks-0").address) as channel:
        await worker.connect(channel)
        code, _, said = await run(mesh, *delete)
        assert (code, said.split(": ", 2)[2]) == (
            2,
            "1 connected worker serves it. First stop its workers.\n",
        )
        # One that the worker does not get: it would have to lose it first.
        later = datetime.now(UTC) + timedelta(hours=1)
        task = await client.create(pipeline, [], not_before=later)
        await worker.leave()
    while "connected worker" in said:
        code, told, said = await run(mesh, *delete, "--json")
    assert (code, objects(told)[0]["error"]["reason"]) == (2, "PIPELINE_IN_USE")
    assert "1 of its tasks has not ended" in said
    await client.cancel(task.name)
    assert await run(mesh, *delete) == (0, f"pipelines/{pipeline} is forgotten.\n", "")
    code, told, _ = await run(mesh, *delete, "--json")
    assert (code, objects(told)[0]["error"]["reason"]) == (2, "PIPELINE_NOT_FOUND")
    assert pipeline not in {one.name.removeprefix("pipelines/") for one in await client.pipelines()}
