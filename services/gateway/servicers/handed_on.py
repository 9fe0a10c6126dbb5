"""Services that `tasks` answers: what this door adds is who the caller is, and which role it has here."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from functools import partial
from typing import Any

import grpc
from google.protobuf.message import Message

from radmesh.blobs.v1 import image_service_pb2_grpc as images
from radmesh.blobs.v1 import sweep_service_pb2_grpc as sweeps
from radmesh.tasks.v1 import admin_service_pb2_grpc as admin
from radmesh.tasks.v1 import pipeline_service_pb2_grpc as pipelines
from radmesh.tasks.v1 import review_service_pb2_grpc as reviews
from radmesh.tasks.v1 import statistics_service_pb2_grpc as statistics
from services.chassis import roles
from services.gateway.edge import Context
from services.gateway.tasks_peer import Asking, TasksPeer


def add_handed_on(
    server: grpc.aio.Server, peer: TasksPeer, operators: Collection[str], reviewers: Collection[str]
) -> None:
    """Serves all of them. operators, reviewers: see services.chassis.roles."""
    as_operator = partial(roles.tell_roles, operators)
    as_reviewer = partial(roles.tell_reviewer, reviewers)
    # These look at every task, or at every file.
    long = dict.fromkeys(("CheckStuckTasks", "RecoverTasks", "SweepBlobs"), peer.ask_long)

    for servicer, add, stub, tell_role in (
        (admin.AdminServiceServicer, admin.add_AdminServiceServicer_to_server, peer.admin, as_operator),
        (
            statistics.StatisticsServiceServicer,
            statistics.add_StatisticsServiceServicer_to_server,
            peer.statistics,
            as_operator,
        ),
        (sweeps.SweepServiceServicer, sweeps.add_SweepServiceServicer_to_server, peer.sweeps, as_operator),
        (
            reviews.ReviewServiceServicer,
            reviews.add_ReviewServiceServicer_to_server,
            peer.reviews,
            as_reviewer,
        ),
        (
            pipelines.PipelineServiceServicer,
            pipelines.add_PipelineServiceServicer_to_server,
            peer.pipelines,
            None,
        ),
        (images.ImageServiceServicer, images.add_ImageServiceServicer_to_server, peer.images, None),
    ):
        add(handed_on(servicer, stub, peer.ask, long, tell_role), server)


def handed_on(
    servicer: type[Any],
    stub: object,
    ask: Asking,
    others: Mapping[str, Asking],
    tell_role: Callable[[], None] | None,
) -> Any:
    """A servicer that asks `stub` for all that the generated class `servicer` declares; unary calls only.

    others: how the methods of these names are asked. tell_role: tells the next hop, before each call, what
    this door decides about the caller.
    """

    def method(name: str) -> Callable[..., Awaitable[Any]]:
        asked, behind = others.get(name, ask), getattr(stub, name)

        async def answer(self: Any, request: Message, context: Context) -> Any:
            if tell_role is not None:
                tell_role()
            return await asked(behind, request)

        return answer

    methods = {name: method(name) for name in vars(servicer) if not name.startswith("_")}
    return type(f"HandedOn{servicer.__name__}", (servicer,), methods)()
