"""Whatever a method raises, its caller gets one canonical status with one ErrorInfo; nothing else leaks."""

from collections.abc import AsyncIterable
from typing import Any, cast

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

from radmesh import errors
from radmesh.blobs.v1 import upload_service_pb2
from radmesh.gateway.v1 import analysis_service_pb2
from radmesh.status import from_rpc_error
from radmesh.tasks.v1 import task_service_pb2
from tests.integration.chassis.conftest import Running, running
from tests.integration.chassis.probe import sample_errors


def details_of(error: grpc.aio.AioRpcError) -> dict[str, list[Any]]:
    """The unpacked details of a status, by the name of their type."""
    found: dict[str, list[Any]] = {"ErrorInfo": [], "BadRequest": [], "RetryInfo": []}
    raw: Any = dict(cast(Any, error.trailing_metadata()))["grpc-status-details-bin"]
    for packed in status_pb2.Status.FromString(raw).details:
        kind = packed.type_url.rpartition(".")[2]
        detail = getattr(error_details_pb2, kind)()
        packed.Unpack(detail)
        found[kind].append(detail)
    return found


async def failure(awaitable: Any) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await awaitable
    return caught.value


async def watch(served: Running, name: str) -> list[Any]:
    return [one async for one in served.tasks.WatchTask(task_service_pb2.WatchTaskRequest(name=name))]


@pytest.mark.parametrize("name", sorted(sample_errors()))
async def test_every_error_becomes_its_status_with_one_error_info(served: Running, name: str) -> None:
    raised = sample_errors()[name]
    error = await failure(served.ask(f"error/{name}"))
    details = details_of(error)
    assert error.code().name == raised.code.name
    [info] = details["ErrorInfo"]
    assert (info.domain, info.reason) == ("radmesh", raised.reason)
    numeric = {} if raised.numeric_code is None else {"code": str(int(raised.numeric_code))}
    assert dict(info.metadata) == raised.metadata | numeric
    if isinstance(raised, errors.InvalidRequestError):
        [bad_request] = details["BadRequest"]
        assert [one.field for one in bad_request.field_violations] == ["a.b", "c"]
        assert not details["RetryInfo"]
    else:
        assert details["RetryInfo"][0].retry_delay.ToTimedelta().total_seconds() == 1.5
        assert not details["BadRequest"]
    assert type(from_rpc_error(error)) is type(raised)


async def test_all_four_kinds_of_method_map_errors(served: Running) -> None:
    async def upload() -> Any:
        return await served.uploads.WriteUpload(iter([upload_service_pb2.WriteUploadRequest(name="error")]))

    async def analyze() -> Any:
        requests = [analysis_service_pb2.AnalyzeRequest(chunk=one) for one in (b"1", b"error")]
        return [one async for one in served.analyses.Analyze(iter(requests))]

    reasons = [
        from_rpc_error(await failure(served.ask("error/ImageNotFoundError"))).reason,
        from_rpc_error(await failure(watch(served, "error/CursorAheadError"))).reason,
        from_rpc_error(await failure(upload())).reason,
        from_rpc_error(await failure(analyze())).reason,
    ]
    assert reasons == ["IMAGE_NOT_FOUND", "CURSOR_AHEAD", "IMAGE_TOO_LARGE", "RESOURCE_EXHAUSTED"]


async def test_an_unforeseen_exception_tells_the_caller_nothing(served: Running) -> None:
    for error in (await failure(served.ask("crash")), await failure(watch(served, "crash"))):
        told = f"{error.details()} {error.trailing_metadata()} {error.debug_error_string()}"
        assert error.code() == grpc.StatusCode.INTERNAL
        assert details_of(error)["ErrorInfo"][0].reason == "INTERNAL"
        assert "DOE" not in told
        assert "ValueError" not in told
        assert ".py" not in told


async def test_a_request_that_cannot_be_read_is_the_callers_error(served: Running) -> None:
    call = served.channel.unary_unary("/radmesh.tasks.v1.TaskService/GetTask", None, None)
    error = await failure(call(b"\xff\xff\xff"))
    assert isinstance(from_rpc_error(error), errors.InvalidRequestError)


@pytest.mark.parametrize(
    "before", [[], [analysis_service_pb2.AnalyzeRequest(chunk=b"x").SerializeToString()]]
)
async def test_nor_is_one_in_the_middle_of_a_stream_ours(served: Running, before: list[bytes]) -> None:
    call = served.channel.stream_stream("/radmesh.gateway.v1.AnalysisService/Analyze", None, None)
    error = await failure(read_all(call(iter([*before, b"\xff\xff\xff"]))))
    assert isinstance(from_rpc_error(error), errors.InvalidRequestError)


async def read_all(call: AsyncIterable[bytes]) -> None:
    async for _ in call:
        pass


async def test_a_method_that_is_not_written_is_unimplemented(served: Running) -> None:
    error = await failure(served.tasks.ListTasks(task_service_pb2.ListTasksRequest()))
    assert error.code() == grpc.StatusCode.UNIMPLEMENTED
    assert details_of(error)["ErrorInfo"][0].reason == "UNIMPLEMENTED"


async def test_work_cancelled_within_a_method_still_answers_the_caller(served: Running) -> None:
    error = await failure(served.ask("cut", timeout=20))
    assert error.code() == grpc.StatusCode.UNAVAILABLE


async def test_a_hundred_violations_fit_into_what_gRPC_lets_through(served: Running) -> None:
    error = await failure(served.ask("error/many"))
    [bad_request] = details_of(error)["BadRequest"]
    assert len(bad_request.field_violations) > 10
    assert "more fields" in bad_request.field_violations[-1].description


async def test_the_next_hops_error_passes_as_it_is_but_not_its_address(served: Running) -> None:
    async with running(next_hop=served.address) as front:
        passed = from_rpc_error(await failure(front.ask("next/error/CursorCompactedError")))
        assert isinstance(passed, errors.CursorCompactedError)
        assert passed.metadata == {"key": "value"}
        await served.process.stop()
        away = await failure(front.ask("next/who"))
    assert from_rpc_error(away).reason == "UNAVAILABLE"
    assert from_rpc_error(away).retry_after is not None
    assert "127.0.0.1" not in f"{away.details()}{away.trailing_metadata()}"
