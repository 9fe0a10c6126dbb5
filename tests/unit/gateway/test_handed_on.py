"""What `tasks` answers: each call is asked of its own method, in its time, with the role of its caller."""

import inspect
from typing import Any

import pytest

from radmesh.blobs.v1.sweep_service_pb2_grpc import SweepServiceServicer
from radmesh.tasks.v1.admin_service_pb2_grpc import AdminServiceServicer
from radmesh.tasks.v1.pipeline_service_pb2_grpc import PipelineServiceServicer
from services.gateway.servicers.handed_on import handed_on

SERVICERS = (AdminServiceServicer, PipelineServiceServicer, SweepServiceServicer)


class Stub:
    """Has a method of every name: the name."""

    def __getattr__(self, name: str) -> str:
        return name


@pytest.mark.parametrize("servicer", SERVICERS, ids=lambda one: str(one.__name__))
async def test_each_method_asks_the_one_of_its_name(servicer: type[Any]) -> None:
    asked: list[tuple[str, str, object]] = []

    def asking(how: str) -> Any:
        async def ask(method: str, request: object) -> str:
            asked.append((how, method, request))
            return f"answer of {method}"

        return ask

    told: list[str] = []
    others = {"RecoverTasks": asking("long")}
    found = handed_on(servicer, Stub(), asking("usual"), others, lambda: told.append("role"))
    assert isinstance(found, servicer)
    names = [name for name in vars(servicer) if not name.startswith("_")]
    for name in names:
        method = getattr(found, name)
        assert inspect.iscoroutinefunction(method), "gRPC calls others in a thread"
        assert await method("request", None) == f"answer of {name}"
    assert asked == [("long" if name == "RecoverTasks" else "usual", name, "request") for name in names]
    assert told == ["role"] * len(names)
