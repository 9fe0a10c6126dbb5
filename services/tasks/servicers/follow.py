"""FollowService: what gateways need to carry the watches of all their clients on one stream."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import grpc

from radmesh import names
from radmesh.errors import InvalidRequestError, RadmeshError, Violation
from radmesh.tasks.v1 import follow_service_pb2 as api
from radmesh.tasks.v1.follow_service_pb2_grpc import FollowServiceServicer
from services.chassis import principals
from services.chassis.pages import page
from services.tasks.followed_creates import create_followed
from services.tasks.follows import Follows, FollowStream
from services.tasks.parts import Parts, StoreLogs
from services.tasks.validation import resource_id

Context = grpc.aio.ServicerContext[Any, Any]
# As large as an event may be that goes with others in one message: see `Follows`.
_MOST_LOG_BYTES = 16 << 10
_READINGS_AT_ONCE = 64


class FollowServicer(FollowServiceServicer):
    """See follow_service.proto."""

    def __init__(self, parts: Callable[[], Parts]) -> None:
        self._parts = parts

    async def Follow(
        self, requests: AsyncIterator[api.FollowRequest], context: Context
    ) -> AsyncIterator[api.FollowResponse]:
        """See follow_service.proto."""
        follows = self._parts().follows
        stream = follows.open()
        reading = asyncio.ensure_future(self._read(requests, follows, stream))
        try:
            async for message in stream.messages():
                yield message
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            follows.close(stream)

    async def ReadTaskLog(self, request: api.ReadTaskLogRequest, context: Context) -> api.ReadTaskLogResponse:
        """See follow_service.proto."""
        resource_id("tasks", request.name)
        after = request.after_sequence if request.HasField("after_sequence") else None
        log = await self._logs().read(request.name, principals.current().name, after)
        return api.ReadTaskLogResponse(task=log.subject, events=log.events)

    async def ReadBatchLog(
        self, request: api.ReadBatchLogRequest, context: Context
    ) -> api.ReadBatchLogResponse:
        """See follow_service.proto."""
        resource_id("batches", request.name)
        after = request.after_sequence if request.HasField("after_sequence") else None
        log = await self._logs().read(request.name, principals.current().name, after)
        return api.ReadBatchLogResponse(batch=log.subject, events=log.events)

    async def ListDescriptorSets(
        self, request: api.ListDescriptorSetsRequest, context: Context
    ) -> api.ListDescriptorSetsResponse:
        """See follow_service.proto."""
        parts = self._parts()
        contents = await parts.store.list_descriptor_sets()
        known = await parts.catalogue.list_pipelines()
        found, token = page(sorted(contents), str, request.page_size, request.page_token)
        answer = api.ListDescriptorSetsResponse(next_page_token=token)
        for sha256 in found:
            users = [one.message for one in known if one.descriptor_set_sha256 == sha256]
            answer.descriptor_sets.add(sha256=sha256, content=contents[sha256], pipelines=users)
        return answer

    async def FindRequest(self, request: api.FindRequestRequest, context: Context) -> api.FindRequestResponse:
        """See follow_service.proto."""
        if not names.is_request_id(request.request_id):
            raise InvalidRequestError([Violation("request_id", "must be a UUID of version 4")])
        owner = principals.current().name
        known = await self._parts().store.knows_request(owner, request.request_id.lower())
        return api.FindRequestResponse(known=known)

    def _logs(self) -> StoreLogs:
        return StoreLogs(self._parts().store, self._parts().paces)

    async def _read(
        self, requests: AsyncIterator[api.FollowRequest], follows: Follows, stream: FollowStream
    ) -> None:
        """Follows what the caller names until it closes its side, or the stream ends."""
        room = asyncio.Semaphore(_READINGS_AT_ONCE)
        answers: set[asyncio.Task[None]] = set()

        def begun(work: Coroutine[Any, Any, None]) -> None:
            answer = asyncio.ensure_future(work)
            answers.add(answer)
            answer.add_done_callback(answers.discard)

        try:
            async for request in requests:
                for name in request.unfollow:
                    follows.unfollow(stream, name)
                for wanted in request.creates:
                    await stream.room()
                    begun(create_followed(wanted, self._parts(), follows, stream))
                logs = {log.name: log for log in request.logs}
                for name in request.follow:
                    resource_id("batches" if name.startswith("batches/") else "tasks", name, "follow")
                    # A gateway that comes back asks for all its names at once.
                    await stream.room()
                    if name in logs:
                        follows.add(stream, name)
                        begun(self._confirm(stream, logs[name], room))
                    else:
                        follows.follow(stream, name)
        except InvalidRequestError as error:
            stream.end(error)
        finally:
            stream.end()
            for answer in answers:
                answer.cancel()

    async def _confirm(self, stream: FollowStream, asked: api.WantedLog, room: asyncio.Semaphore) -> None:
        """Says that a task is followed, with its log where that is small and can be read."""
        followed = api.TaskFollowed()
        async with room:
            # Who asks again, by ReadTaskLog, is told what is wrong.
            with contextlib.suppress(RadmeshError):
                after = asked.after_sequence if asked.HasField("after_sequence") else None
                log = await self._logs().read(asked.name, asked.owner, after)
                found = api.TaskLog(task=log.subject, events=log.events)
                if found.ByteSize() <= _MOST_LOG_BYTES:
                    followed.log.CopyFrom(found)
            await stream.room()
            stream.put(api.FollowResponse(task=asked.name, followed=followed))
