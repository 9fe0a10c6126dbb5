"""Makes and stores the task of a create, single or on a follow stream."""

from datetime import UTC, datetime

from radmesh.errors import WeightsNotFoundError
from radmesh.tasks.v1.task_service_pb2 import CreateTaskRequest
from services.chassis import logs
from services.tasks.parts import Parts
from services.tasks.preparing import CheckedRequest, check_request, complete
from services.tasks.records import NewTask, TaskRecord

_LOG = logs.logger(__name__)


async def make_task(request: CreateTaskRequest, owner: str, parts: Parts) -> tuple[NewTask, CheckedRequest]:
    """The task to create. Raises the errors of CreateTask, whatever an earlier call may have created."""
    checked = await _checked(request, parts)
    images = await parts.store.get_images(owner, checked.images)
    secret = await parts.store.dedupe_secret() if request.dedupe_key else b""
    return complete(checked, owner, images, secret), checked


def log_created(record: TaskRecord) -> None:
    """Tells the log of a task that was created now."""
    _LOG.info("task created", task=f"tasks/{record.task_id}", pipeline=record.pipeline)


async def _checked(request: CreateTaskRequest, parts: Parts) -> CheckedRequest:
    now = datetime.now(UTC)
    try:
        return await check_request(request, parts.catalogue.find, now, parts.timeouts, parts.callbacks)
    except WeightsNotFoundError:
        # They may have been imported a moment ago, through another replica.
        parts.catalogue.forget()
        return await check_request(request, parts.catalogue.find, now, parts.timeouts, parts.callbacks)
