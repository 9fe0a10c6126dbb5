"""Finds the blob behind a public name, for the caller it belongs to, and reads it in chunks."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from radmesh import names
from radmesh.blobs.v1.image_service_pb2 import GetImageRequest
from radmesh.errors import (
    ArtifactNotFoundError,
    ImageNotFoundError,
    InvalidRequestError,
    NotFoundError,
    OffsetMismatchError,
    Violation,
)
from radmesh.tasks.v1.task_pb2 import Artifact, Task
from radmesh.tasks.v1.task_service_pb2 import GetTaskRequest
from services.chassis.blobs import BlobNotFoundError, BlobStore
from services.gateway.metrics import GatewayMetrics
from services.gateway.tasks_peer import TasksPeer


@dataclass(frozen=True)
class Download:
    """A blob that a caller may read. gone: what to raise when the store has it no more."""

    key: str
    size_bytes: int
    sha256: str
    gone: NotFoundError


def image(sha256: str, size_bytes: int) -> Download:
    """The blob of an image."""
    gone = ImageNotFoundError("The content of this image is no longer kept. Upload it again.")
    return Download(f"images/{sha256}", size_bytes, sha256, gone)


def artifact(task: Task, found: Artifact) -> Download:
    """The blob of a task's artifact: it lies with the attempt that wrote it."""
    identifier = task.name.removeprefix("tasks/")
    gone = ArtifactNotFoundError("The content of this artifact is no longer kept. Run the task again.")
    key = f"artifacts/{identifier}/{found.attempt}/{found.file_name}"
    return Download(key, found.size_bytes, found.sha256, gone)


class Downloads:
    """Reads images and artifacts. Whose they are is asked of `tasks` each time."""

    def __init__(self, peer: TasksPeer, blobs: BlobStore, metrics: GatewayMetrics) -> None:
        self._peer = peer
        self._blobs = blobs
        self._metrics = metrics

    async def find(self, name: str) -> Download:
        """The blob of a public name, of an image or an artifact.

        Raises InvalidRequestError, ImageNotFoundError, TaskNotFoundError, ArtifactNotFoundError.
        """
        if found := names.parse("images", name):
            answer = await self._peer.ask(self._peer.images.GetImage, GetImageRequest(name=name))
            return image(found[0], answer.image.size_bytes)
        if found := names.parse("artifacts", name):
            request = GetTaskRequest(name=f"tasks/{found[0]}")
            task: Task = (await self._peer.ask(self._peer.tasks.GetTask, request)).task
            for one in task.artifacts:
                if one.name == name:
                    return artifact(task, one)
            raise ArtifactNotFoundError("The task has no artifact of this name. GetTask lists those it has.")
        either = f"{names.rule('images')}; or {names.rule('artifacts').removeprefix('must be ')}"
        raise InvalidRequestError([Violation("name", either)])

    async def chunks(self, found: Download, offset: int = 0) -> AsyncGenerator[bytes, None]:
        """The bytes of a blob from an offset on, at most 1 MiB at a time; none at its end.

        Raises OffsetMismatchError past the end, and what `gone` says.
        """
        if offset > found.size_bytes:
            raise OffsetMismatchError(
                f"The blob ends at {found.size_bytes}.", metadata={"size_bytes": str(found.size_bytes)}
            )
        try:
            async for chunk in self._blobs.chunks(found.key, offset):
                self._metrics.sent_bytes.inc(len(chunk))
                yield chunk
        except BlobNotFoundError:
            raise found.gone from None
