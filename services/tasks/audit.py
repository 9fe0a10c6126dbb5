"""Leaves a record of what an operator does: begun before anything changes, completed at its end."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from radmesh.errors import RadmeshError, UnavailableError
from services.chassis import logs, principals
from services.tasks.store import TaskStore

MAX_TASKS = 1_000
MAX_REQUEST_CHARACTERS = 500
MESH = "tasks"
"""The principal of what the mesh does by itself."""

_LOG = logs.logger(__name__)


@dataclass
class AuditNote:
    """What the call adds to its record. tasks: ids of the tasks that it changed.

    changed: whether it changed anything. Records of calls that did not are the first to go.
    forgotten: whether it turned out that nothing was done, and there is nothing to record.
    """

    tasks: list[str] = field(default_factory=list)
    changed: bool = True
    forgotten: bool = False


@asynccontextmanager
async def audited(
    store: TaskStore, method: str, request: str, *, principal: str = ""
) -> AsyncGenerator[AuditNote, None]:
    """Records the call that runs inside it, however it ends; a call that cannot be recorded does not run.

    The check of the caller's role belongs inside, so that a refusal is recorded:

        async with audited(store, "SweepBlobs", "dry run") as note:
            roles.require_operator(operators)
            ...
            note.changed = False

    request: what was asked for, in words, nothing of a patient's. principal: the call's own if empty.
    Raises UnavailableError when the record cannot be begun, and what the call raises.
    """
    who = principal or principals.current().name
    number = await store.begin_audit(who, method, request[:MAX_REQUEST_CHARACTERS])
    note, outcome = AuditNote(), "OK"
    try:
        yield note
    except RadmeshError as error:
        outcome = error.reason
        raise
    except Exception:
        outcome = "INTERNAL"
        raise
    except BaseException:
        outcome = "CANCELLED"
        raise
    finally:
        await _complete(store, number, outcome, note)
    if not note.forgotten:
        _LOG.info("admin call", principal=who, method=method, tasks=len(note.tasks))


async def _complete(store: TaskStore, number: int, outcome: str, note: AuditNote) -> None:
    try:
        if note.forgotten and outcome == "OK":
            await store.forget_audit(number)
            return
        changed = bool(note.tasks) or (outcome == "OK" and note.changed)
        await store.end_audit(number, outcome, note.tasks[:MAX_TASKS], changed=changed)
    except UnavailableError:
        # What was done stays done; the record says UNFINISHED.
        _LOG.error("audit record not completed", record=number, outcome=outcome)
