"""What an import of a model asks `tasks` for: an internal task. Pure."""

from collections.abc import Iterator

from radmesh import names
from radmesh.errors import InvalidRequestError, Violation
from radmesh.models.v1.model_service_pb2 import ImportModelRequest
from radmesh.tasks.v1.task_service_pb2 import CreateTaskRequest

PIPELINE = "pipelines/nnunet-import"
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


def _violations(request: ImportModelRequest) -> Iterator[Violation]:
    if not names.is_request_id(request.request_id):
        yield Violation("request_id", "must be a UUID of version 4")
    for field, collection in (("image", "images"), ("name", "models")):
        if names.parse(collection, getattr(request, field)) is None:
            yield Violation(field, names.rule(collection))
    if len(request.title) > MAX_TITLE_CHARACTERS or not request.title.isprintable():
        yield Violation("title", f"must be one line of at most {MAX_TITLE_CHARACTERS} characters")
    if request.checkpoint not in CHECKPOINTS:
        yield Violation("checkpoint", f"must be one of {', '.join(CHECKPOINTS[1:])}, or empty")
