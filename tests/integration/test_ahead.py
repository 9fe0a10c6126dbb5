"""What came ahead to a worker and meets a long run goes back to the queue, where another worker finds it."""

from collections.abc import Callable
from typing import Any

import pytest

from bench.batches import batch_of
from radmesh.client import Client
from radmesh.mesh import Mesh, WorkerModule
from radmesh.tasks.v1 import task_pb2
from tests.integration.test_timers import reasons_of
from tests.support.meshes import STEPS

_SHORT, _LONG = {"steps": 1, "step_seconds": 0}, {"steps": 200, "step_seconds": 0.05}
_SEEN, _TRIES = 16, 10


def requests(*all_parameters: dict[str, Any]) -> list[Any]:
    found = batch_of("steps", len(all_parameters))
    for request, parameters in zip(found, all_parameters, strict=True):
        request.parameters.update(parameters)
    return found


@pytest.mark.timeout(180)
async def test_what_waits_behind_a_long_run_goes_to_another_worker(own_mesh: Callable[..., Mesh]) -> None:
    """Two workers of one slot, both spoilt by short runs; then a long one, and short ones behind it."""
    other = WorkerModule("other", STEPS.module, STEPS.prefix)
    mesh = own_mesh(workers=(STEPS, other))
    async with Client(mesh.address) as client:
        for _ in range(_TRIES):
            warm = await client.batch_create(requests(*[_SHORT] * (8 * _SEEN)))
            async for _ in client.watch_batch(warm.batch.name):
                pass
            created = await client.batch_create(requests(_LONG, *[_SHORT] * 4))
            long, *short = [item.task.name for item in created.items]
            told = [await reasons_of(client, task) for task in short]
            # Every one of them ends while the long one, behind which they were to wait, still runs.
            assert all(reasons[-1] == "COMPLETED" for reasons in told)
            assert (await client.get(long)).state == task_pb2.TASK_STATE_RUNNING
            await client.cancel(long)
            if any("NO_SLOT_CAME_FREE" in reasons for reasons in told):
                return
            # On a busy machine no run was short enough: nothing came ahead.
        raise AssertionError(f"nothing ever came ahead: {told}")
