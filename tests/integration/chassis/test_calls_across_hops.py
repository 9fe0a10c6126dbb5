"""Principal, trace and deadline come in with a call and go on to the next hop."""

import asyncio
from collections.abc import AsyncIterator

import grpc
import pytest

from radmesh.status import from_rpc_error
from radmesh.tasks.v1 import task_service_pb2
from services.chassis.contexts import detached
from services.chassis.deadlines import remaining_deadline
from tests.integration.chassis.conftest import Running, running, until

TRACE = "00-" + "ab" * 16 + "-" + "cd" * 8 + "-01"


@pytest.fixture
async def front(served: Running) -> AsyncIterator[Running]:
    """A probe whose next hop is `served`."""
    async with running(next_hop=served.address) as one:
        yield one


async def test_a_call_without_a_principal_is_local(served: Running) -> None:
    assert await served.ask("who") == "local "


async def test_the_principal_and_its_roles_reach_the_next_hop(front: Running) -> None:
    metadata = (("radmesh-principal", "ward-3@clinic"), ("radmesh-roles", "submitter,viewer"))
    assert await front.ask("next/who", metadata=metadata) == "ward-3@clinic submitter,viewer"
    assert await front.ask("next/who") == "local "


async def test_where_callers_are_not_trusted_everybody_is_local() -> None:
    async with running(trust_principal=False) as open_door:
        metadata = (("radmesh-principal", "chief"), ("radmesh-roles", "operator"))
        assert await open_door.ask("who", metadata=metadata) == "local "


@pytest.mark.parametrize("name", ["a b", "../x", "x" * 200, "{radmesh}", ""])
async def test_a_name_that_cannot_be_an_owner_is_refused(served: Running, name: str) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await served.ask("who", metadata=(("radmesh-principal", name),))
    assert from_rpc_error(caught.value).reason == "INVALID_REQUEST"


async def test_the_next_hop_stays_in_the_trace_with_a_span_of_its_own(front: Running) -> None:
    seen = await front.ask("next/trace", metadata=(("traceparent", TRACE),))
    version, trace, span, flags = seen.split("-")
    assert (version, trace, flags) == ("00", "ab" * 16, "01")
    assert span != "cd" * 8
    assert (await front.ask("next/trace")).split("-")[1] != trace


async def test_the_next_hop_knows_the_first_callers_deadline(front: Running) -> None:
    left = float(await front.ask("next/deadline", timeout=20))
    assert 10 < left < 21  # gRPC rounds a timeout up to what its header can say
    assert await front.ask("next/deadline") == "None"


async def test_a_call_past_its_deadline_ends_at_every_hop(front: Running) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await front.ask("next/wait/30", timeout=0.3)
    assert caught.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED


async def test_detached_work_does_not_inherit_the_callers_deadline(front: Running) -> None:
    async def left() -> float | None:
        return remaining_deadline()

    from services.chassis import deadlines

    async def within_a_call() -> tuple[float | None, float | None]:
        deadlines.enter(5.0)
        return await asyncio.create_task(left()), await detached(left())

    inherited, own = await asyncio.create_task(within_a_call())
    assert inherited is not None
    assert own is None


async def test_a_caller_who_leaves_closes_the_generator_that_answers(served: Running) -> None:
    call = served.tasks.WatchTask(task_service_pb2.WatchTaskRequest(name="forever"))
    await call.read()
    call.cancel()
    await until(lambda: "closed forever" in served.probe.log)


async def test_a_peer_that_restarts_is_found_again_soon() -> None:
    async with running() as first:
        address = first.address
        front_settings = {"next_hop": address}
        async with running(**front_settings) as front:
            assert await front.ask("next/who") == "local "
            await first.process.stop()
            with pytest.raises(grpc.aio.AioRpcError):
                await front.ask("next/who")
            async with running(listen=address), asyncio.timeout(15):
                while True:
                    try:
                        assert await front.ask("next/who") == "local "
                        break
                    except grpc.aio.AioRpcError:
                        await asyncio.sleep(0.05)
