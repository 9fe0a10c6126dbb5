"""Finds what an earlier call with the same request id created, where today's rules refuse the request.

Pipelines come, change and go: what was accepted once is answered as it was then.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from radmesh.errors import RadmeshError
from radmesh.tasks.v1.task_service_pb2 import CreateTaskRequest
from services.tasks.parts import Parts
from services.tasks.records import TaskRecord
from services.tasks.submission import dedupe_hash
from services.tasks.timeouts import TimeoutPolicy
from services.tasks.validation import fingerprint, read_fields

# The mesh's settings may have changed as well.
_ANY_BEAT = TimeoutPolicy(beat_ms=0)


@dataclass(frozen=True)
class Repeat:
    """What an earlier call is found by, and compared with."""

    request_id: str
    fingerprint: str


def read_repeat(request: CreateTaskRequest, owner: str, dedupe_secret: bytes) -> Repeat | None:
    """The request as a repeat; None when it breaks a rule of its own, and so was never accepted."""
    asked, problems = read_fields(request, datetime.now(UTC), _ANY_BEAT)
    if problems:
        return None
    hashed = dedupe_hash(dedupe_secret, owner, asked.pipeline, asked.submission.dedupe_key)
    return Repeat(asked.request_id, fingerprint(asked, hashed))


async def find_repeated(
    request: CreateTaskRequest, owner: str, parts: Parts, refused: RadmeshError
) -> TaskRecord:
    """The task that an earlier call with this request id created, as it is now.

    refused: why the request would create none now; raised when there was no such call.
    Raises RequestIdReusedError, TaskNotFoundError (its task was deleted since).
    """
    if refused.retry_after is not None:
        raise refused
    secret = await parts.store.dedupe_secret() if request.dedupe_key else b""
    repeat = read_repeat(request, owner, secret)
    found = await parts.store.find_created(owner, repeat.request_id, repeat.fingerprint) if repeat else None
    if found is None:
        raise refused
    return found
