"""RunTask creates nothing that it cannot tell of."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from radmesh.errors import ExhaustedError, RadmeshError, UnavailableError
from radmesh.tasks.v1.task_service_pb2 import RunTaskRequest
from services.chassis.watch import WatchHub
from services.tasks.parts import Parts
from services.tasks.servicers.tasks import TaskServicer
from tests.unit.chassis.memory_log import MemoryLog, hub_over


def full() -> WatchHub:
    return hub_over(MemoryLog(), watch_limit=0)


def draining() -> WatchHub:
    found = hub_over(MemoryLog())
    found.drain()
    return found


@pytest.mark.parametrize(("hub", "error"), [(full, ExhaustedError), (draining, UnavailableError)])
async def test_where_no_watch_has_room_no_task_is_created(hub: Any, error: type[RadmeshError]) -> None:
    # Whatever a create needs is missing here.
    parts = cast("Parts", SimpleNamespace(hub=hub()))
    context: Any = None
    with pytest.raises(error):
        _ = [message async for message in TaskServicer(lambda: parts).RunTask(RunTaskRequest(), context)]
