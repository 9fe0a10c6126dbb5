"""Callers share one connection, and each gets its own answer."""

import asyncio

import pytest
from redis import Redis, exceptions

from services.tasks.store.line import Line
from services.tasks.store.place import read_place


async def test_each_caller_gets_its_own_answer_and_one_that_gives_up_shifts_none(redis_url: str) -> None:
    line = Line(read_place(redis_url), timeout=5.0)
    asked = [asyncio.ensure_future(line.ask("ECHO", f"{index}")) for index in range(50)]
    await asyncio.sleep(0)
    for one in asked[::3]:
        one.cancel()
    found = await asyncio.gather(*asked, return_exceptions=True)
    for index, answer in enumerate(found):
        if index % 3:
            assert answer == b"%d" % index
        else:
            assert isinstance(answer, asyncio.CancelledError)
    assert await line.ask("ECHO", "after") == b"after"
    await line.aclose()


async def test_a_wrong_command_is_its_callers_error_alone(redis_url: str) -> None:
    line = Line(read_place(redis_url), timeout=5.0)
    asked = (line.ask("NO-SUCH"), line.ask("ECHO", "x"))
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(found[0], exceptions.ResponseError)
    assert found[1] == b"x"
    await line.aclose()


async def test_a_connection_that_the_server_closed_is_made_again(redis_url: str) -> None:
    line = Line(read_place(redis_url), timeout=5.0)
    first = await line.ask("CLIENT", "ID")
    blocked = asyncio.ensure_future(line.ask("BLPOP", "nothing", 0))
    with Redis.from_url(redis_url) as operator:
        while not (await asyncio.to_thread(operator.info, "clients"))["blocked_clients"]:  # noqa: ASYNC110  the server has no event for it
            await asyncio.sleep(0.01)
        await asyncio.to_thread(operator.client_kill_filter, _id=str(first))
    with pytest.raises(exceptions.ConnectionError):
        await blocked
    assert await line.ask("CLIENT", "ID") != first
    await line.aclose()


async def test_an_answer_that_does_not_come_ends_the_wait_of_all(redis_url: str) -> None:
    line = Line(read_place(redis_url), timeout=0.2)
    asked = [line.ask("BLPOP", "nothing", 0), line.ask("ECHO", "behind it")]
    found = await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), 5.0)
    assert [type(one).__name__ for one in found] == ["TimeoutError"] * 2
    await line.aclose()
