"""/metrics shows every RPC by service, method and code, and how long it took."""

import asyncio
import urllib.request

import grpc
import pytest

from radmesh.tasks.v1 import task_service_pb2
from tests.integration.chassis.conftest import Running, until

GET = 'method="GetTask",service="radmesh.tasks.v1.TaskService"'
WATCH = 'method="WatchTask",service="radmesh.tasks.v1.TaskService"'


def scrape(served: Running) -> list[str]:
    with urllib.request.urlopen(f"http://{served.process.metrics_address}/metrics") as page:
        return str(page.read().decode()).splitlines()


async def test_rpcs_are_counted_and_timed_by_method_and_code(served: Running) -> None:
    await served.ask("who")
    await served.ask("who")
    for name in ("error/TaskNotFoundError", "crash"):
        with pytest.raises(grpc.aio.AioRpcError):
            await served.ask(name)
    call = served.tasks.WatchTask(task_service_pb2.WatchTaskRequest(name="forever"))
    await call.read()
    page = await asyncio.to_thread(scrape, served)
    assert f'radmesh_rpcs_total{{code="OK",{GET}}} 2.0' in page
    assert f'radmesh_rpcs_total{{code="NOT_FOUND",{GET}}} 1.0' in page
    assert f'radmesh_rpcs_total{{code="INTERNAL",{GET}}} 1.0' in page
    assert f'radmesh_rpc_seconds_count{{code="OK",{GET}}} 2.0' in page
    assert f'radmesh_rpc_seconds_bucket{{code="OK",le="+Inf",{GET}}} 2.0' in page
    assert f"radmesh_rpcs_running{{{WATCH}}} 1.0" in page
    assert f"radmesh_rpcs_running{{{GET}}} 0.0" in page
    call.cancel()
    line = f'radmesh_rpcs_total{{code="CANCELLED",{WATCH}}} 1.0'
    await until(lambda: line in scrape(served))


async def test_the_page_carries_the_processs_own_figures(served: Running) -> None:
    page = await asyncio.to_thread(scrape, served)
    assert any(line.startswith("process_resident_memory_bytes") for line in page)
