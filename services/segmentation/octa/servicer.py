"""OctaService: the model without queue and task."""

import math
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

import grpc

from radmesh import names
from radmesh.errors import (
    ImageNotFoundError,
    ImageTooLargeError,
    InvalidRequestError,
    PermissionDeniedError,
    UnavailableError,
    Violation,
)
from radmesh.segmentation.v1.octa_pb2 import OctaVesselsResult
from radmesh.segmentation.v1.octa_service_pb2 import (
    SegmentVesselsFile,
    SegmentVesselsRequest,
    SegmentVesselsResponse,
)
from radmesh.segmentation.v1.octa_service_pb2_grpc import OctaServiceServicer
from radmesh.tasks.v1.worker_service_pb2 import AssignedImage, Assignment, Lease
from services.chassis import principals
from services.chassis.blobs import CHUNK_BYTES, BlobStore
from services.chassis.direct_call import direct_run
from services.chassis.model_pool import ModelPool
from services.chassis.model_process import ModelFile, ModelOutput
from services.chassis.models import ModelManifest
from services.chassis.unnamed_files import unnamed_file
from services.segmentation.octa import pipeline
from services.segmentation.octa.options import THRESHOLD
from services.segmentation.settings import OctaSettings

Context = grpc.aio.ServicerContext[SegmentVesselsRequest, SegmentVesselsResponse]

MAX_CONTENT_BYTES = 1 << 20
_OPERATOR = "operator"


class Models(Protocol):
    """What the service lends to its servicers."""

    pool: ModelPool
    blobs: BlobStore
    draining: bool

    def observe(self, pipeline: str, output: ModelOutput) -> None:
        """Counts an output."""


class OctaServicer(OctaServiceServicer):
    """Translates: request to a run on the pool, its progress, result and files to responses."""

    def __init__(self, models: Models, manifest: ModelManifest, settings: OctaSettings) -> None:
        self._models = models
        self._manifest = manifest
        self._settings = settings

    async def SegmentVessels(
        self, request: SegmentVesselsRequest, context: Context
    ) -> AsyncIterator[SegmentVesselsResponse]:
        """See the proto."""
        violations = list(request_violations(request))
        if violations:
            raise InvalidRequestError(violations)
        if self._models.draining:
            raise UnavailableError("this service goes down: call another one", reason="DRAINING")
        assignment = self._assignment(request)
        timeout = self._settings.attempt_timeout_seconds
        async with self._image(request) as image:
            async for news in direct_run(self._models.pool, assignment, [image], timeout_seconds=timeout):
                if not isinstance(news, ModelOutput):
                    yield SegmentVesselsResponse(progress=news)
                    continue
                self._models.observe(pipeline.NAME, news)
                result = OctaVesselsResult()
                news.result.Unpack(result)
                yield SegmentVesselsResponse(result=result)
                for response in _file_responses(news.files):
                    yield response

    def _assignment(self, request: SegmentVesselsRequest) -> Assignment:
        weights = self._manifest.find_weights(request.weights)
        assignment = Assignment(
            lease=Lease(task=f"tasks/{uuid.uuid4().hex}", attempt=1),
            pipeline=pipeline.NAME,
            images=[AssignedImage(name=request.image)],
            weights=weights.name,
            weights_digest=weights.digest,
        )
        threshold = request.threshold if request.HasField("threshold") else THRESHOLD
        assignment.parameters.update({"threshold": threshold})
        return assignment

    @asynccontextmanager
    async def _image(self, request: SegmentVesselsRequest) -> AsyncGenerator[Path, None]:
        if request.WhichOneof("source") == "content":
            with unnamed_file(request.content) as path:
                yield path
            return
        # This service does not know whose an image is, and a digest alone is no right to see it.
        caller = principals.current()
        if caller != principals.LOCAL and _OPERATOR not in caller.roles:
            raise PermissionDeniedError("send the image's content, or create a task for the uploaded image")
        size = await self._models.blobs.size(request.image)
        if size is None:
            raise ImageNotFoundError("no such image; upload it first")
        if size > self._settings.max_image_bytes:
            raise ImageTooLargeError(
                f"the image has {size} bytes, at most {self._settings.max_image_bytes} are allowed",
                metadata={"limit_bytes": str(self._settings.max_image_bytes)},
            )
        async with self._models.blobs.lend([request.image]) as (path,):
            yield path


def request_violations(request: SegmentVesselsRequest) -> Iterator[Violation]:
    """Every rule of the proto that a request breaks."""
    source = request.WhichOneof("source")
    if source is None:
        yield Violation("source", "required: an image's name or its content")
    if source == "image" and names.parse("images", request.image) is None:
        yield Violation("image", "must be images/{sha256}")
    if len(request.content) > MAX_CONTENT_BYTES:
        yield Violation("content", f"at most {MAX_CONTENT_BYTES} bytes; upload larger images")
    # Not a comparison of limits alone: NaN passes none and fails none.
    if math.isnan(request.threshold) or not 0.0 <= request.threshold <= 1.0:
        yield Violation("threshold", "must be from 0 to 1")
    if request.weights and names.parse("weights", request.weights) is None:
        yield Violation("weights", "must be models/{model}/weights/{weights}")


def _file_responses(files: tuple[ModelFile, ...]) -> Iterator[SegmentVesselsResponse]:
    for file in files:
        for offset in range(0, len(file.content), CHUNK_BYTES):
            yield SegmentVesselsResponse(
                file=SegmentVesselsFile(
                    file_name=file.artifact.file_name,
                    media_type=file.artifact.media_type,
                    offset=offset,
                    chunk=file.content[offset : offset + CHUNK_BYTES],
                    size_bytes=len(file.content),
                )
            )
