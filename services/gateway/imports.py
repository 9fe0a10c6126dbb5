"""What an import or a deletion of a model asks `tasks` for: an internal task. Pure."""

from collections.abc import Iterator

from radmesh import names
from radmesh.errors import InvalidRequestError, Violation
from radmesh.models.v1.model_service_pb2 import DeleteModelRequest, ImportModelRequest
from radmesh.tasks.v1.task_service_pb2 import CreateTaskRequest

PIPELINE, DELETE_PIPELINE = "pipelines/nnunet-import", "pipelines/nnunet-delete"
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


def _named_violations(request: ImportModelRequest | DeleteModelRequest) -> Iterator[Violation]:
    if not names.is_request_id(request.request_id):
        yield Violation("request_id", "must be a UUID of version 4")
    if names.parse("models", request.name) is None:
        yield Violation("name", names.rule("models"))


def _violations(request: ImportModelRequest) -> Iterator[Violation]:
    yield from _named_violations(request)
    if names.parse("images", request.image) is None:
        yield Violation("image", names.rule("images"))
    if len(request.title) > MAX_TITLE_CHARACTERS or not request.title.isprintable():
        yield Violation("title", f"must be one line of at most {MAX_TITLE_CHARACTERS} characters")
    if request.checkpoint not in CHECKPOINTS:
        yield Violation("checkpoint", f"must be one of {', '.join(CHECKPOINTS[1:])}, or empty")
