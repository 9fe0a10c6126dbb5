"""The gateway's side of `tasks`: its stubs on one channel, and calls whose errors are ours."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, TypeVar

import grpc
from google.protobuf.message import Message

from radmesh import status
from radmesh.blobs.v1.image_pb2 import Image
from radmesh.blobs.v1.image_service_pb2 import GetImageRequest, RecordImageRequest
from radmesh.blobs.v1.image_service_pb2_grpc import ImageRecordServiceStub, ImageServiceStub
from radmesh.blobs.v1.sweep_service_pb2_grpc import SweepServiceStub
from radmesh.errors import DeadlineExceededError, ImageNotFoundError, RadmeshError, UnavailableError
from radmesh.tasks.v1.admin_service_pb2_grpc import AdminServiceStub
from radmesh.tasks.v1.batch_service_pb2_grpc import BatchServiceStub
from radmesh.tasks.v1.follow_service_pb2 import FindRequestRequest
from radmesh.tasks.v1.follow_service_pb2_grpc import FollowServiceStub
from radmesh.tasks.v1.pipeline_pb2 import Pipeline
from radmesh.tasks.v1.pipeline_service_pb2 import ListPipelinesRequest
from radmesh.tasks.v1.pipeline_service_pb2_grpc import PipelineServiceStub
from radmesh.tasks.v1.review_service_pb2_grpc import ReviewServiceStub
from radmesh.tasks.v1.statistics_service_pb2_grpc import StatisticsServiceStub
from radmesh.tasks.v1.task_service_pb2_grpc import TaskServiceStub
from services.chassis.deadlines import remaining_deadline

_PAGE = 500
Answer = TypeVar("Answer", bound=Message)


@dataclass(frozen=True)
class Asking:
    """How `tasks` is asked: within `timeout` seconds, or what is left of the caller's deadline if shorter."""

    timeout: float

    async def __call__(self, method: Any, request: Message) -> Any:
        """The answer of a unary method. Raises the error that `tasks` raised, or UnavailableError."""
        try:
            return await method(request, timeout=self.timeout)
        except grpc.RpcError as error:
            raise _ours(error) from error


class TasksPeer:
    """The services of `tasks`.

    timeout: seconds for one answer; long_timeout: for one that looks at every task or every file.
    """

    def __init__(self, channel: grpc.aio.Channel, timeout: float, long_timeout: float) -> None:
        self.ask = Asking(timeout)
        self.ask_long = Asking(long_timeout)
        self.admin = AdminServiceStub(channel)
        self.statistics = StatisticsServiceStub(channel)
        self.tasks = TaskServiceStub(channel)
        self.batches = BatchServiceStub(channel)
        self.reviews = ReviewServiceStub(channel)
        self.pipelines = PipelineServiceStub(channel)
        self.images = ImageServiceStub(channel)
        self.image_records = ImageRecordServiceStub(channel)
        self.sweeps = SweepServiceStub(channel)
        self.logs = FollowServiceStub(channel)

    async def record_image(self, image: Image) -> Image:
        """Tells `tasks` that the current principal has an image; the image with its times."""
        answer = await self.ask(self.image_records.RecordImage, RecordImageRequest(image=image))
        recorded: Image = answer.image
        return recorded

    async def has_image(self, name: str) -> bool:
        """Whether the current principal has an image, `images/{sha256}`."""
        try:
            await self.ask(self.images.GetImage, GetImageRequest(name=name))
        except ImageNotFoundError:
            return False
        return True

    async def knows_request(self, request_id: str) -> bool:
        """Whether the current principal created a task with a request id before."""
        answer = await self.ask(self.logs.FindRequest, FindRequestRequest(request_id=request_id))
        return bool(answer.known)

    async def all_pipelines(self) -> AsyncIterator[Pipeline]:
        """Every known pipeline, by name."""
        token = ""
        while True:
            request = ListPipelinesRequest(page_size=_PAGE, page_token=token)
            answer = await self.ask(self.pipelines.ListPipelines, request)
            for pipeline in answer.pipelines:
                yield pipeline
            token = answer.next_page_token
            if not token:
                return


def _ours(error: grpc.RpcError) -> RadmeshError:
    found = status.from_rpc_error(error)
    remaining = remaining_deadline()
    if isinstance(found, DeadlineExceededError) and (remaining is None or remaining > 0):
        # Our own patience ended, not the caller's.
        return UnavailableError("The mesh is slow to answer. Repeat the call.")
    if isinstance(found, UnavailableError) and found.reason == UnavailableError.reason:
        # What gRPC itself says about a connection tells addresses, and nothing that a caller could use.
        return UnavailableError("A part of the mesh is away. Repeat the call.")
    return found
