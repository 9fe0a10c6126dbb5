"""Tasks of internal pipelines: only operators create them, and each create leaves an audit record."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from radmesh.errors import InvalidRequestError, ModelInUseError, Violation
from services.chassis import roles
from services.tasks.audit import AuditNote, audited
from services.tasks.preparing import CheckedRequest
from services.tasks.store import TaskStore


@asynccontextmanager
async def audited_create(store: TaskStore, checked: CheckedRequest) -> AsyncGenerator[AuditNote, None]:
    """Records the create that runs inside it.

    Raises PermissionDeniedError (ROLE_REQUIRED) and ModelInUseError before it runs.

    The role has to come with the call: only the door that it came through knows who is an operator there, and
    tells so for the calls that are for operators (ImportModel), not for CreateTask.
    """
    given = ", ".join(f"{name}={value}" for name, value in sorted(checked.given.items()))
    async with audited(store, "CreateTask", f"pipelines/{checked.request.pipeline}: {given}") as note:
        roles.require_operator(())
        if checked.pipeline.deletes_model:
            await _refuse_in_use(store, str(checked.given.get("name", "")))
        yield note


async def _refuse_in_use(store: TaskStore, model: str) -> None:
    task = await store.weights_user(model)
    if task:
        raise ModelInUseError(
            f"models/{model} is in use: tasks/{task} needs it and has not ended. Let it end, or cancel it.",
            metadata={"task": f"tasks/{task}"},
        )


def refuse_in_batch(checked: CheckedRequest) -> None:
    """Raises InvalidRequestError when a task of a batch would be an internal one."""
    if checked.pipeline.operators_only:
        rule = "is a pipeline for operators; create its tasks one by one"
        raise InvalidRequestError([Violation("pipeline", rule)])
