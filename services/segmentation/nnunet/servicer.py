"""NnunetService: the served models without queue and task."""

import math
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Mapping

import grpc

from radmesh import names
from radmesh.errors import InvalidRequestError, ModelNotFoundError, Violation, WeightsNotFoundError
from radmesh.models.v1.model_pb2 import Model, Weights
from radmesh.segmentation.v1.nnunet_pb2 import NnunetResult
from radmesh.segmentation.v1.nnunet_service_pb2 import (
    SegmentVolumeFile,
    SegmentVolumeRequest,
    SegmentVolumeResponse,
)
from radmesh.segmentation.v1.nnunet_service_pb2_grpc import NnunetServiceServicer
from radmesh.tasks.v1.worker_service_pb2 import AssignedImage, Assignment, Lease
from services.chassis.direct_call import direct_run
from services.chassis.model_process import ModelOutput
from services.segmentation.direct import (
    MAX_CONTENT_BYTES,
    Models,
    file_parts,
    lent_images,
    refuse_draining,
)
from services.segmentation.nnunet import pipeline
from services.segmentation.nnunet.settings import NnunetSettings

Context = grpc.aio.ServicerContext[SegmentVolumeRequest, SegmentVolumeResponse]

MAX_FOLDS, MAX_FOLD_CHARACTERS, MAX_CONFIGURATION_CHARACTERS = 16, 20, 64
_DEVICES = ("", "auto", "cpu", "cuda")


class NnunetServicer(NnunetServiceServicer):
    """Translates: request to a run on the pool, its progress, result and files to responses.

    served: gives the models by resource name, as they are now.
    """

    def __init__(
        self, models: Models, served: Callable[[], Mapping[str, Model]], settings: NnunetSettings
    ) -> None:
        self._models = models
        self._served = served
        self._settings = settings

    async def SegmentVolume(
        self, request: SegmentVolumeRequest, context: Context
    ) -> AsyncIterator[SegmentVolumeResponse]:
        """See the proto."""
        violations = list(request_violations(request))
        if violations:
            raise InvalidRequestError(violations)
        refuse_draining(self._models)
        assignment = _assignment(request, chosen(self._served(), request.weights))
        timeout = self._settings.attempt_timeout_seconds
        limit = self._settings.max_image_bytes
        async with lent_images(self._models, request.images, request.contents, limit) as images:
            async for news in direct_run(self._models.pool, assignment, images, timeout_seconds=timeout):
                if not isinstance(news, ModelOutput):
                    yield SegmentVolumeResponse(progress=news)
                    continue
                self._models.observe(pipeline.NAME, news)
                result = NnunetResult()
                news.result.Unpack(result)
                yield SegmentVolumeResponse(result=result)
                for part in file_parts(news.files):
                    yield SegmentVolumeResponse(file=SegmentVolumeFile(**part))


def chosen(served: Mapping[str, Model], name: str) -> Weights:
    """The weights of that name, or a model's default ones; the only model's for "".

    Raises ModelNotFoundError, WeightsNotFoundError, InvalidRequestError when a model has to be named.
    """
    if not name and len(served) > 1:
        rule = f"must be named, as there are several models: {', '.join(sorted(served))}"
        raise InvalidRequestError([Violation("weights", rule)])
    model = served.get("/".join(name.split("/")[:2])) if name else next(iter(served.values()), None)
    if model is None:
        raise ModelNotFoundError(f"This service has no model {name}." if name else "There is no model yet.")
    if name in ("", model.name):
        return model.weights[0]
    for weights in model.weights:
        if weights.name == name:
            return weights
    known = ", ".join(one.name for one in model.weights)
    raise WeightsNotFoundError(f"{model.name} has no such weights; it has {known}")


def _assignment(request: SegmentVolumeRequest, weights: Weights) -> Assignment:
    count = len(request.images) or len(request.contents)
    assignment = Assignment(
        lease=Lease(task=f"tasks/{uuid.uuid4().hex}", attempt=1),
        pipeline=pipeline.NAME,
        images=[AssignedImage(name=name) for name in request.images or [""] * count],
        weights=weights.name,
        weights_digest=weights.digest,
    )
    assignment.parameters.update(
        {
            "configuration": request.configuration,
            "folds": ",".join(request.folds),
            "mirroring": request.mirroring if request.HasField("mirroring") else True,
            "tile_step": request.tile_step if request.HasField("tile_step") else 0.5,
            "device": request.device or "auto",
        }
    )
    return assignment


def request_violations(request: SegmentVolumeRequest) -> Iterator[Violation]:
    """Every rule of the proto that a request breaks."""
    if bool(request.images) == bool(request.contents):
        yield Violation("images", "either images or contents are required, and not both")
    for field, count in (("images", len(request.images)), ("contents", len(request.contents))):
        if count > pipeline.MAX_CHANNELS:
            yield Violation(field, f"at most {pipeline.MAX_CHANNELS}")
    if any(names.parse("images", name) is None for name in request.images):
        yield Violation("images", "must each be images/{sha256}")
    if sum(map(len, request.contents)) > MAX_CONTENT_BYTES:
        yield Violation("contents", f"at most {MAX_CONTENT_BYTES} bytes together; upload larger images")
    weights = request.weights
    if weights and names.parse("weights", weights) is None and names.parse("models", weights) is None:
        yield Violation("weights", "must be models/{model}, or models/{model}/weights/{weights}")
    if len(request.configuration) > MAX_CONFIGURATION_CHARACTERS:
        yield Violation("configuration", f"at most {MAX_CONFIGURATION_CHARACTERS} characters")
    too_long = any(len(fold) > MAX_FOLD_CHARACTERS or "," in fold for fold in request.folds)
    if len(request.folds) > MAX_FOLDS or too_long:
        rule = f"at most {MAX_FOLDS}, each of at most {MAX_FOLD_CHARACTERS} characters and without a comma"
        yield Violation("folds", rule)
    if len(set(request.folds)) < len(request.folds):
        yield Violation("folds", "each fold once")
    # Not a comparison of limits alone: NaN passes none and fails none.
    step = request.tile_step if request.HasField("tile_step") else 0.5
    if math.isnan(step) or not 0.1 <= step <= 1.0:
        yield Violation("tile_step", "must be from 0.1 to 1")
    if request.device not in _DEVICES:
        yield Violation("device", f"must be one of {', '.join(_DEVICES[1:])}, or empty")
