"""Checks a request for a batch: the rules of the whole at once, those of its items one by one."""

import hashlib
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

from radmesh import names
from radmesh.errors import InvalidRequestError, RadmeshError, Violation
from radmesh.tasks.v1 import pipeline_pb2
from radmesh.tasks.v1.batch_service_pb2 import BatchCreateTasksRequest
from radmesh.tasks.v1.task_service_pb2 import CreateTaskRequest
from services.tasks.batch_records import NewBatch, RefusedItem
from services.tasks.internal_tasks import refuse_in_batch
from services.tasks.parts import Parts
from services.tasks.preparing import CheckedRequest, PipelineLookup, check_request, complete
from services.tasks.records import NewTask
from services.tasks.repeats import read_repeat
from services.tasks.request_errors import request_error
from services.tasks.submission import dedupe_hash

MAX_TASKS = 500
# The answer repeats what was asked for, and has to fit into one message of gRPC's usual 4 MiB.
MAX_BYTES = 2 << 20


def check_batch(request: BatchCreateTasksRequest) -> None:
    """Raises InvalidRequestError when the batch itself breaks a rule; its items may still break theirs."""
    problems = []
    if not names.is_request_id(request.request_id):
        problems.append(Violation("request_id", "must be a UUID of version 4"))
    if not 1 <= len(request.requests) <= MAX_TASKS:
        problems.append(
            Violation("requests", f"must be 1 to {MAX_TASKS} tasks, {len(request.requests)} given")
        )
    elif request.ByteSize() > MAX_BYTES:
        problems.append(
            Violation("requests", f"at most {MAX_BYTES >> 20} MiB together; make several batches")
        )
    seen: set[str] = set()
    for index, item in enumerate(request.requests[:MAX_TASKS]):
        request_id = item.request_id.lower()
        if request_id and request_id in seen:
            problems.append(Violation(f"requests[{index}].request_id", "stands twice"))
        seen.add(request_id)
    if problems:
        raise InvalidRequestError(problems)


async def read_batch(request: BatchCreateTasksRequest, owner: str, parts: Parts) -> NewBatch:
    """The batch to create for a checked request, with one reading of each pipeline and one of all images."""
    find_pipeline, now = _once(parts.catalogue.find), datetime.now(UTC)
    items: list[CheckedRequest | RadmeshError] = []
    for item in request.requests:
        try:
            checked_item = await check_request(item, find_pipeline, now, parts.timeouts, parts.callbacks)
            refuse_in_batch(checked_item)
            items.append(checked_item)
        except RadmeshError as error:
            _pass_on(error)
            items.append(error)
    checked = [item for item in items if isinstance(item, CheckedRequest)]
    wanted = dict.fromkeys(image for item in checked for image in item.images)
    images = await parts.store.get_images(owner, list(wanted))
    secret = await parts.store.dedupe_secret() if any(item.dedupe_key for item in request.requests) else b""

    def finish(asked: CreateTaskRequest, item: CheckedRequest | RadmeshError) -> NewTask | RefusedItem:
        try:
            if isinstance(item, RadmeshError):
                raise item
            return complete(item, owner, images, secret)
        except RadmeshError as error:
            repeat = read_repeat(asked, owner, secret)
            found_by = (repeat.request_id, repeat.fingerprint) if repeat else ()
            return RefusedItem(request_error(error).SerializeToString(), *found_by)

    return NewBatch(
        batch_id=uuid.uuid4().hex,
        owner=owner,
        request_id=request.request_id.lower(),
        fingerprint=fingerprint(request.requests, owner, secret),
        items=tuple(map(finish, request.requests, items)),
    )


def fingerprint(requests: Sequence[CreateTaskRequest], owner: str, dedupe_secret: bytes) -> str:
    """SHA-256 of what was asked for, hexadecimal.

    Of the messages, as items that break a rule have no other meaning and are answered all the same; but
    with the hash of a dedupe key in its place: a plain digest could be turned back by trying patients' ids.
    """
    hashed = hashlib.sha256()
    for asked in requests:
        request = CreateTaskRequest()
        request.CopyFrom(asked)
        request.dedupe_key = dedupe_hash(dedupe_secret, owner, asked.pipeline, asked.dedupe_key)
        content = request.SerializeToString(deterministic=True)
        hashed.update(len(content).to_bytes(4, "big") + content)
    return hashed.hexdigest()


def _pass_on(error: RadmeshError) -> None:
    """Raises an error that is no item's own: the store is away, and the whole call is to be repeated."""
    if error.retry_after is not None:
        raise error


def _once(find: PipelineLookup) -> PipelineLookup:
    """A lookup that asks for each pipeline once, also for one that there is not."""
    known: dict[str, pipeline_pb2.Pipeline | RadmeshError] = {}

    async def lookup(pipeline_id: str) -> pipeline_pb2.Pipeline:
        if pipeline_id not in known:
            try:
                known[pipeline_id] = await find(pipeline_id)
            except RadmeshError as error:
                known[pipeline_id] = error
        found = known[pipeline_id]
        if isinstance(found, RadmeshError):
            raise found
        return found

    return lookup
