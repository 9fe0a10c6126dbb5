"""A hello is taken whole or not at all."""

import asyncio
import uuid
from collections.abc import AsyncIterator

import pytest

from radmesh.errors import ExhaustedError, FailedPreconditionError, RadmeshError
from radmesh.tasks.v1.worker_service_pb2 import WorkerHello
from services.tasks.catalogue import Catalogue
from services.tasks.sessions import Sessions
from services.tasks.store import StoreSettings, TaskStore
from services.tasks.timeouts import TimeoutPolicy
from tests.integration.tasks.hand_worker import described, struct_descriptors
from tests.integration.tasks.store.test_catalogue import everything
from tests.unit.tasks.test_result_types import AREA, types


def hello(*pipelines: str, content: bytes = b"", result_type: str = "google.protobuf.Struct") -> WorkerHello:
    found = WorkerHello(worker=str(uuid.uuid4()), slots=1, descriptor_set=content or struct_descriptors())
    for name in pipelines:
        pipeline = found.pipelines.add()
        pipeline.CopyFrom(described(name))
        pipeline.result_type = result_type
    return found


@pytest.mark.parametrize(
    ("refused", "error"),
    [
        (hello("known", "new"), ExhaustedError),
        (hello("new", "known"), ExhaustedError),
        (hello("known", content=types(AREA, name="Big"), result_type="example.Big"), ExhaustedError),
        (
            hello("known", content=types(("area_mm2", 1, 9)), result_type="example.Result"),
            FailedPreconditionError,
        ),
    ],
    ids=["a pipeline too many", "before one that is known", "types too many", "types that clash"],
)
async def test_one_that_is_refused_leaves_nothing_behind(
    redis_url: str, refused: WorkerHello, error: type[RadmeshError]
) -> None:
    store = await TaskStore.open(redis_url, StoreSettings(pipelines=1, descriptor_sets=1))
    sessions = Sessions(store, Catalogue(store), TimeoutPolicy())
    first = hello("known", content=types(AREA), result_type="example.Result")
    await sessions.close(await sessions.open(first))
    before = everything(redis_url)
    with pytest.raises(error):
        await sessions.open(refused)
    assert everything(redis_url) == before
    assert len(sessions) == 0
    await store.close()


@pytest.fixture
async def replicas(redis_url: str) -> AsyncIterator[list[Sessions]]:
    """What two replicas of tasks hold of their workers."""
    stores = [await TaskStore.open(redis_url, StoreSettings()) for _ in range(2)]
    yield [Sessions(store, Catalogue(store), TimeoutPolicy()) for store in stores]
    for store in stores:
        await store.close()


async def test_of_types_that_clash_only_one_is_kept_however_close_they_come(
    store: TaskStore, replicas: list[Sessions]
) -> None:
    """Each is compared with what is kept, and then kept: what came between must be compared as well."""
    for number in range(5):
        name, meanings = f"Result{number}", [("area_mm2", 1, kind) for kind in (1, 9, 3, 8)]
        hellos = [
            hello(f"p-{number}-{index}", content=types(one, name=name), result_type=f"example.{name}")
            for index, one in enumerate(meanings)
        ]
        answers = await asyncio.gather(
            *(replicas[index % 2].open(one) for index, one in enumerate(hellos)), return_exceptions=True
        )
        reasons = [one.reason for one in answers if isinstance(one, RadmeshError)]
        assert reasons == ["DESCRIPTOR_CONFLICT"] * 3
    assert len(await store.list_descriptor_sets()) == len(await store.list_pipelines()) == 5


async def test_types_that_agree_are_all_kept_however_close_they_come(
    store: TaskStore, replicas: list[Sessions]
) -> None:
    hellos = [
        hello(
            f"p-{index}", content=types(AREA, (f"more_{index}", 10 + index, 1)), result_type="example.Result"
        )
        for index in range(8)
    ]
    await asyncio.gather(*(replicas[index % 2].open(one) for index, one in enumerate(hellos)))
    assert len(await store.list_descriptor_sets()) == len(await store.list_pipelines()) == 8
