"""The synchronous face: the same answers, blocking, without a loop in the caller's thread."""

import inspect
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest

from radmesh import errors
from radmesh.client import Client, Patience, SyncClient, task_request
from radmesh.client.admin import AdminClient
from radmesh.client.sync import SyncAdmin
from radmesh.status import status_code, to_status, trailing_metadata
from radmesh.tasks.v1 import (
    admin_service_pb2,
    admin_service_pb2_grpc,
    pipeline_pb2,
    task_pb2,
    task_service_pb2,
    task_service_pb2_grpc,
    worker_pb2,
)

PAGES = {"": ("a", "more"), "more": ("b", "")}


class Tasks(task_service_pb2_grpc.TaskServiceServicer):
    """Lists two pages, knows one task, and plays its watch."""

    def ListTasks(
        self, request: task_service_pb2.ListTasksRequest, context: Any
    ) -> task_service_pb2.ListTasksResponse:
        name, following = PAGES[request.page_token]
        return task_service_pb2.ListTasksResponse(tasks=[task_pb2.Task(name=name)], next_page_token=following)

    def GetTask(
        self, request: task_service_pb2.GetTaskRequest, context: Any
    ) -> task_service_pb2.GetTaskResponse:
        if request.name == "tasks/none":
            error = errors.TaskNotFoundError("no such task")
            context.set_trailing_metadata(trailing_metadata(to_status(error)))
            context.abort(status_code(error), error.message)
        task = task_pb2.Task(name=request.name, state=task_pb2.TASK_STATE_SUCCEEDED)
        return task_service_pb2.GetTaskResponse(task=task)

    def WatchTask(
        self, request: task_service_pb2.WatchTaskRequest, context: Any
    ) -> Iterator[task_service_pb2.WatchTaskResponse]:
        for sequence, state in ((1, task_pb2.TASK_STATE_QUEUED), (2, task_pb2.TASK_STATE_SUCCEEDED)):
            change = task_pb2.TaskStateChange(state=state)
            event = task_pb2.TaskEvent(sequence=sequence, state_change=change)
            yield task_service_pb2.WatchTaskResponse(event=event)


class Admin(admin_service_pb2_grpc.AdminServiceServicer):
    """Pauses every pipeline, lists two pages of workers, and refuses to forget what is in use."""

    def PausePipeline(
        self, request: admin_service_pb2.PausePipelineRequest, context: Any
    ) -> admin_service_pb2.PausePipelineResponse:
        paused = pipeline_pb2.Pipeline(name=request.name, paused=True)
        return admin_service_pb2.PausePipelineResponse(pipeline=paused)

    def ListWorkers(
        self, request: admin_service_pb2.ListWorkersRequest, context: Any
    ) -> admin_service_pb2.ListWorkersResponse:
        name, following = PAGES[request.page_token]
        workers = [worker_pb2.Worker(name=name)]
        return admin_service_pb2.ListWorkersResponse(workers=workers, next_page_token=following)


@pytest.fixture
def client() -> Generator[SyncClient, None, None]:
    with ThreadPoolExecutor(2) as pool:
        server = grpc.server(pool)
        task_service_pb2_grpc.add_TaskServiceServicer_to_server(Tasks(), server)  # type: ignore[abstract]
        admin_service_pb2_grpc.add_AdminServiceServicer_to_server(Admin(), server)  # type: ignore[abstract]
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        with SyncClient(f"127.0.0.1:{port}", patience=Patience(give_up_seconds=5)) as connected:
            yield connected
        server.stop(None).wait()


def test_pages_are_read_on_as_they_are_needed(client: SyncClient) -> None:
    assert [task.name for task in client.list()] == ["a", "b"]


def test_a_list_may_be_left_early(client: SyncClient) -> None:
    assert next(client.list()).name == "a"


def test_a_watch_is_an_iterator_that_ends(client: SyncClient) -> None:
    assert [message.event.sequence for message in client.watch("x")] == [1, 2]


def test_a_wait_returns_the_ended_task(client: SyncClient) -> None:
    assert client.wait("x").state == task_pb2.TASK_STATE_SUCCEEDED


def test_errors_are_the_same_classes(client: SyncClient) -> None:
    with pytest.raises(errors.TaskNotFoundError):
        client.get("none")


async def test_it_works_beside_a_running_loop(client: SyncClient) -> None:
    assert client.get("x").name == "tasks/x"


def test_it_may_be_closed_twice(client: SyncClient) -> None:
    client.close()
    client.close()


def test_operators_have_their_calls_too(client: SyncClient) -> None:
    assert client.admin.pause_pipeline("steps", "new scanner").name == "pipelines/steps"
    assert [worker.name for worker in client.admin.workers()] == ["a", "b"]


@pytest.mark.parametrize(("synchronous", "asynchronous"), [(SyncClient, Client), (SyncAdmin, AdminClient)])
def test_every_method_is_there_and_takes_the_same(synchronous: type, asynchronous: type) -> None:
    wanted = {name for name, _ in inspect.getmembers(asynchronous, inspect.isfunction) if name[0] != "_"}
    assert {name for name in wanted if not hasattr(synchronous, name)} == set()
    for name in wanted - {"close"}:
        theirs, ours = (getattr(kind, name) for kind in (asynchronous, synchronous))
        assert inspect.signature(ours) == inspect.signature(theirs)
        assert ours.__doc__
        assert not inspect.iscoroutinefunction(ours)
        assert not inspect.isasyncgenfunction(ours)


def test_a_task_is_asked_for_with_the_same_words_everywhere() -> None:
    request = task_request("steps", [], labels={"ward": "west"}, parameters={"steps": 2}, weights="w")
    assert (dict(request.labels), dict(request.parameters), request.weights) == (
        {"ward": "west"},
        {"steps": 2},
        "w",
    )
