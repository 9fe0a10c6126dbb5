"""What an import, a deletion or a choice of weights asks `tasks` for: an internal task. Pure."""

from collections.abc import Iterator

from radmesh import names
from radmesh.errors import InvalidRequestError, Violation
from radmesh.models.v1.model_service_pb2 import (
    DeleteModelRequest,
    DeleteWeightsRequest,
    ImportModelRequest,
    SetOfficialWeightsRequest,
)
from radmesh.tasks.v1.task_service_pb2 import CreateTaskRequest

PIPELINE, DELETE_PIPELINE = "pipelines/nnunet-import", "pipelines/nnunet-delete"
OFFICIAL_PIPELINE = "pipelines/nnunet-official"
MAX_TITLE_CHARACTERS = 200
CHECKPOINTS = ("", "checkpoint_final.pth", "checkpoint_best.pth", "checkpoint_latest.pth")


def task_request(request: ImportModelRequest) -> CreateTaskRequest:
    """The task that imports a model. Raises InvalidRequestError with every violation."""
    problems = list(_violations(request))
    if problems:
        raise InvalidRequestError(problems)
    wanted = CreateTaskRequest(request_id=request.request_id, pipeline=PIPELINE, images=[request.image])
    (name,) = names.parse("models", request.name) or ("",)
    wanted.parameters.update({"name": name, "title": request.title, "replace": request.replace})
    if request.checkpoint:
        wanted.parameters.update({"checkpoint": request.checkpoint})
    if request.weights:
        wanted.parameters.update({"weights": request.weights})
    return wanted


def weights_deletion_request(request: DeleteWeightsRequest) -> CreateTaskRequest:
    """The task that deletes weights of a model. Raises InvalidRequestError with every violation."""
    return _weights_task(request, DELETE_PIPELINE)


def official_request(request: SetOfficialWeightsRequest) -> CreateTaskRequest:
    """The task that makes weights official. Raises InvalidRequestError with every violation."""
    return _weights_task(request, OFFICIAL_PIPELINE, keep_as=request.keep_as)


def _weights_task(
    request: DeleteWeightsRequest | SetOfficialWeightsRequest, pipeline: str, **more: str
) -> CreateTaskRequest:
    parsed = names.parse("weights", request.name)
    problems = list(_id_violations(request.request_id))
    if parsed is None:
        problems.append(Violation("name", names.rule("weights")))
    for field, value in more.items():
        problems += _weights_violations(field, value)
    if parsed is None or problems:
        raise InvalidRequestError(problems)
    wanted = CreateTaskRequest(request_id=request.request_id, pipeline=pipeline)
    wanted.parameters.update({"name": parsed[0], "weights": parsed[1], **more})
    return wanted


def deletion_request(request: DeleteModelRequest) -> CreateTaskRequest:
    """The task that deletes a model. Raises InvalidRequestError with every violation."""
    problems = list(_named_violations(request))
    if problems:
        raise InvalidRequestError(problems)
    wanted = CreateTaskRequest(request_id=request.request_id, pipeline=DELETE_PIPELINE)
    (name,) = names.parse("models", request.name) or ("",)
    wanted.parameters.update({"name": name})
    return wanted


def _id_violations(request_id: str) -> Iterator[Violation]:
    if not names.is_request_id(request_id):
        yield Violation("request_id", "must be a UUID of version 4")


def _weights_violations(field: str, weights: str) -> Iterator[Violation]:
    if not names.is_weights_id(weights):
        yield Violation(field, names.WEIGHTS_ID_RULE)


def _named_violations(request: ImportModelRequest | DeleteModelRequest) -> Iterator[Violation]:
    yield from _id_violations(request.request_id)
    if names.parse("models", request.name) is None:
        yield Violation("name", names.rule("models"))


def _violations(request: ImportModelRequest) -> Iterator[Violation]:
    yield from _named_violations(request)
    if names.parse("images", request.image) is None:
        yield Violation("image", names.rule("images"))
    if len(request.title) > MAX_TITLE_CHARACTERS or not request.title.isprintable():
        yield Violation("title", f"must be one line of at most {MAX_TITLE_CHARACTERS} characters")
    if request.weights:
        yield from _weights_violations("weights", request.weights)
    if request.checkpoint not in CHECKPOINTS:
        yield Violation("checkpoint", f"must be one of {', '.join(CHECKPOINTS[1:])}, or empty")
