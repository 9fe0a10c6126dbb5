"""What goes up a follow stream: many orders in a message, none of them too long for gRPC, none lost."""

import asyncio
from collections.abc import AsyncIterator

from radmesh.tasks.v1.follow_service_pb2 import FollowRequest, WantedLog, WantedTask
from radmesh.tasks.v1.task_service_pb2 import CreateTaskRequest
from services.gateway.orders import Orders

PATIENCE = 20.0
GRPC_LIMIT = 4 << 20


def names(number: int) -> list[str]:
    return [f"tasks/{one:032x}" for one in range(number)]


async def some(messages: AsyncIterator[FollowRequest], enough: int) -> list[FollowRequest]:
    """Messages until they hold so many orders."""
    found: list[FollowRequest] = []
    async with asyncio.timeout(PATIENCE):
        while sum(len(one.creates) + len(one.follow) + len(one.unfollow) for one in found) < enough:
            found.append(await anext(messages))
    return found


async def test_creates_go_together_and_stay_below_the_limit_of_a_message() -> None:
    orders = Orders(())
    sizes = [2 << 20] + [250 << 10] * 30 + [2 << 20, 10, 10] + [10] * 100
    for number, size in enumerate(sizes):
        orders.create(WantedTask(number=number, request=CreateTaskRequest(weights="x" * size)))
    found = await some(orders.messages(), len(sizes))
    assert [one.number for message in found for one in message.creates] == list(range(len(sizes)))
    assert all(message.creates for message in found)
    assert all(message.ByteSize() < 1 << 20 for message in found if len(message.creates) > 1)
    assert len(found) < 15


async def test_a_gateway_that_comes_back_names_all_that_it_wants_in_messages_that_grpc_takes() -> None:
    wanted = names(12_345)
    found = await some(Orders(wanted).messages(), len(wanted))
    assert [name for message in found for name in message.follow] == wanted
    assert len(found) == 3


async def test_the_longest_orders_fit_into_a_message() -> None:
    orders, wanted = Orders(()), names(10_000)
    for name in wanted:
        orders.follow(name, WantedLog(name=name, owner="o" * 200, after_sequence=2**40))
    found = await some(orders.messages(), len(wanted))
    assert [log.name for message in found for log in message.logs] == wanted
    assert max(message.ByteSize() for message in found) < GRPC_LIMIT


async def test_only_the_last_order_about_a_task_goes_out() -> None:
    orders, (one, other, last) = Orders(()), names(3)
    orders.follow(one, None)
    orders.unfollow(one)
    orders.unfollow(other)
    orders.follow(other, None)
    orders.follow(last, None)
    (message,) = await some(orders.messages(), 3)
    assert message.follow == [other, last]
    assert message.unfollow == [one]


async def test_an_unfollow_goes_out_though_nothing_else_does_and_an_end_ends_the_messages() -> None:
    orders, (one,) = Orders(()), names(1)
    messages = orders.messages()
    orders.unfollow(one)
    (message,) = await some(messages, 1)
    assert message.unfollow == [one]
    orders.unfollow(one)
    (message,) = await some(messages, 1)
    assert message.unfollow == [one]
    orders.close()
    orders.unfollow(one)
    async with asyncio.timeout(PATIENCE):
        assert [message async for message in messages] == []
