"""Creates that come on a follow stream: the answer and all news of the task go down the same stream."""

import contextlib

from radmesh.errors import RadmeshError
from radmesh.tasks.v1 import follow_service_pb2 as api
from services.chassis import principals, tracing
from services.chassis.principals import Principal
from services.tasks.creating import log_created, make_task
from services.tasks.follows import Follows, FollowStream
from services.tasks.parts import Parts
from services.tasks.translate import task_message


async def create_followed(
    wanted: api.WantedTask, parts: Parts, follows: Follows, stream: FollowStream
) -> None:
    """Creates a task and answers on its stream, with the task if it was created here and now.

    Runs as an asyncio task of its own, for which it sets principal and trace.
    """
    principals.enter(Principal(wanted.owner))
    tracing.enter(tracing.begin(wanted.traceparent))
    created = api.TaskCreated(number=wanted.number)
    name = ""
    try:
        # Who asks again, by CreateTask, is told what is wrong.
        with contextlib.suppress(RadmeshError):
            new, checked = await make_task(wanted.request, wanted.owner, parts)
            if not checked.pipeline.operators_only:
                # Before it exists, so that nothing is missed; its news wait for the answer.
                name = follows.begin(stream, f"tasks/{new.task_id}")
                record, now = await parts.store.create(new)
                if now:
                    log_created(record)
                    task = task_message(record, outlook=parts.paces.outlook(record))
                    created.task.CopyFrom(task)
    finally:
        if name and not created.HasField("task"):
            follows.unfollow(stream, name)
        stream.answer(name, api.FollowResponse(created=created))
