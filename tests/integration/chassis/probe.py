"""A service over the real chassis whose methods do what a test asks for.

Runs as a process too: `python -m tests.integration.chassis.probe`.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import grpc
from pydantic_settings import SettingsConfigDict

from radmesh import errors
from radmesh.blobs.v1 import upload_service_pb2, upload_service_pb2_grpc
from radmesh.gateway.v1 import analysis_service_pb2, analysis_service_pb2_grpc
from radmesh.tasks.v1 import task_pb2, task_service_pb2, task_service_pb2_grpc
from services.chassis import channels, deadlines, logs, principals, tracing
from services.chassis.metrics import Metrics
from services.chassis.server import run
from services.chassis.settings import ServiceSettings

Context = grpc.aio.ServicerContext[Any, Any]
PATIENT = "DOE^JOHN 1951-02-03"
LOG = logs.logger(__name__)


class ProbeSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="RADMESH_PROBE_", frozen=True)

    next_hop: str = ""
    start_seconds: float = 0.0
    ready_seconds: float = 0.0


def sample_errors() -> dict[str, errors.RadmeshError]:
    """One of every class of the tree, by name, with all that it can carry."""
    found: dict[str, errors.RadmeshError] = {}
    for one in errors.error_classes():
        if issubclass(one, errors.InvalidRequestError):
            found[one.__name__] = one(
                [errors.Violation("a.b", "too long"), errors.Violation("c", "required")]
            )
        else:
            found[one.__name__] = one(f"This is {one.__name__}.", metadata={"key": "value"}, retry_after=1.5)
    return found


class ProbeTasks(task_service_pb2_grpc.TaskServiceServicer):
    """GetTask and WatchTask read what to do from the name: `act/argument`."""

    def __init__(self, settings: ProbeSettings) -> None:
        self._next_hop = channels.connect(settings.next_hop) if settings.next_hop else None
        self.draining = asyncio.Event()
        self.log: list[str] = []

    async def GetTask(
        self, request: task_service_pb2.GetTaskRequest, context: Context
    ) -> task_service_pb2.GetTaskResponse:
        act, _, argument = request.name.partition("/")
        answer = await self._answer(act, argument)
        return task_service_pb2.GetTaskResponse(task=task_pb2.Task(name=answer))

    async def WatchTask(
        self, request: task_service_pb2.WatchTaskRequest, context: Context
    ) -> AsyncIterator[task_service_pb2.WatchTaskResponse]:
        act, _, argument = request.name.partition("/")
        try:
            yield bookmark(0)
            if act == "count":
                for sequence in range(1, int(argument)):
                    yield bookmark(sequence)
            elif act == "forever":
                await self.draining.wait()
                raise errors.UnavailableError("This replica goes down.", reason="DRAINING")
            else:
                await self._answer(act, argument)
        finally:
            self.log.append(f"closed {request.name}")

    async def _answer(self, act: str, argument: str) -> str:
        principal = principals.current()
        match act:
            case "error" if argument == "many":
                raise errors.InvalidRequestError(
                    [errors.Violation(f"labels.größe{n}", "höchstens 63 Zeichen " * 3) for n in range(100)]
                )
            case "error":
                raise sample_errors()[argument]
            case "crash":
                raise ValueError(PATIENT)
            case "cut":
                future = asyncio.get_running_loop().create_future()
                future.cancel()
                await future
            case "log":
                LOG.warning("a finding", patient_name=PATIENT, study={"PatientID": PATIENT, "slices": 3})
            case "wait":
                await asyncio.sleep(float(argument))
            case "who":
                return f"{principal.name} {','.join(sorted(principal.roles))}"
            case "deadline":
                return str(deadlines.remaining_deadline())
            case "trace":
                return tracing.traceparent()
            case "next":
                assert self._next_hop is not None
                stub = task_service_pb2_grpc.TaskServiceStub(self._next_hop)
                answer = await stub.GetTask(task_service_pb2.GetTaskRequest(name=argument))
                return str(answer.task.name)
        return ""

    async def close(self) -> None:
        if self._next_hop is not None:
            await self._next_hop.close()


def bookmark(sequence: int) -> task_service_pb2.WatchTaskResponse:
    return task_service_pb2.WatchTaskResponse(bookmark=task_pb2.TaskBookmark(sequence=sequence))


class ProbeUploads(upload_service_pb2_grpc.UploadServiceServicer):
    """WriteUpload counts the bytes that come in."""

    async def WriteUpload(
        self, request_iterator: AsyncIterator[upload_service_pb2.WriteUploadRequest], context: Context
    ) -> upload_service_pb2.WriteUploadResponse:
        received = 0
        async for request in request_iterator:
            if request.name == "error":
                raise errors.ImageTooLargeError("Too large.")
            received += len(request.chunk)
        return upload_service_pb2.WriteUploadResponse(upload=upload_service_pb2.Upload(offset=received))


class ProbeAnalyses(analysis_service_pb2_grpc.AnalysisServiceServicer):
    """Analyze sends every chunk back; `error` ends it."""

    async def Analyze(
        self, request_iterator: AsyncIterator[analysis_service_pb2.AnalyzeRequest], context: Context
    ) -> AsyncIterator[analysis_service_pb2.AnalyzeResponse]:
        async for request in request_iterator:
            if request.chunk == b"error":
                raise errors.ExhaustedError("Enough.", retry_after=0.25)
            chunk = analysis_service_pb2.ArtifactChunk(chunk=request.chunk)
            yield analysis_service_pb2.AnalyzeResponse(artifact_chunk=chunk)


class Probe:
    """The service itself. Every step of its life is written to `log`, and to the log of the process."""

    name = "probe"

    def __init__(self, settings: ProbeSettings) -> None:
        self.settings = settings
        self.log: list[str] = []

    def register(self, server: grpc.aio.Server) -> Sequence[str]:
        self.tasks = ProbeTasks(self.settings)  # type: ignore[abstract]  # the rest stays unwritten
        self.tasks.log = self.log
        task_service_pb2_grpc.add_TaskServiceServicer_to_server(self.tasks, server)
        upload_service_pb2_grpc.add_UploadServiceServicer_to_server(
            ProbeUploads(),  # type: ignore[abstract]
            server,
        )
        analysis_service_pb2_grpc.add_AnalysisServiceServicer_to_server(ProbeAnalyses(), server)
        return [
            "radmesh.tasks.v1.TaskService",
            "radmesh.blobs.v1.UploadService",
            "radmesh.gateway.v1.AnalysisService",
        ]

    async def start(self) -> None:
        self._step("start")
        await asyncio.sleep(self.settings.start_seconds)
        if self.settings.next_hop == "nowhere":
            raise errors.UnavailableError("There is no next hop.")

    async def ready(self) -> None:
        await asyncio.sleep(self.settings.ready_seconds)

    async def drain(self) -> None:
        self._step("drain")
        self.tasks.draining.set()

    async def stop(self) -> None:
        self._step("stop")
        await self.tasks.close()

    def _step(self, step: str) -> None:
        self.log.append(step)
        LOG.info("probe", step=step)


def make(metrics: Metrics) -> Probe:
    return Probe(ProbeSettings())


if __name__ == "__main__":
    run(make)
