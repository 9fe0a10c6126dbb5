"""OctaService: the model without queue and task."""

import math
import uuid
from collections.abc import AsyncIterator, Iterator

import grpc

from radmesh import names
from radmesh.errors import InvalidRequestError, Violation
from radmesh.segmentation.v1.octa_pb2 import OctaVesselsResult
from radmesh.segmentation.v1.octa_service_pb2 import (
    SegmentVesselsFile,
    SegmentVesselsRequest,
    SegmentVesselsResponse,
)
from radmesh.segmentation.v1.octa_service_pb2_grpc import OctaServiceServicer
from radmesh.tasks.v1.worker_service_pb2 import AssignedImage, Assignment, Lease
from services.chassis.direct_call import direct_run
from services.chassis.model_process import ModelOutput
from services.chassis.models import ModelManifest
from services.segmentation.direct import (
    MAX_CONTENT_BYTES,
    Models,
    file_parts,
    lent_images,
    refuse_draining,
)
from services.segmentation.octa import pipeline
from services.segmentation.octa.options import THRESHOLD
from services.segmentation.settings import OctaSettings

Context = grpc.aio.ServicerContext[SegmentVesselsRequest, SegmentVesselsResponse]


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
        refuse_draining(self._models)
        assignment = self._assignment(request)
        timeout = self._settings.attempt_timeout_seconds
        named = [request.image] if request.WhichOneof("source") == "image" else []
        limit = self._settings.max_image_bytes
        async with lent_images(self._models, named, [request.content], limit) as images:
            async for news in direct_run(self._models.pool, assignment, images, timeout_seconds=timeout):
                if not isinstance(news, ModelOutput):
                    yield SegmentVesselsResponse(progress=news)
                    continue
                self._models.observe(pipeline.NAME, news)
                result = OctaVesselsResult()
                news.result.Unpack(result)
                yield SegmentVesselsResponse(result=result)
                for part in file_parts(news.files):
                    yield SegmentVesselsResponse(file=SegmentVesselsFile(**part))

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
