"""One stream of chunks into one upload, from its first message to the image."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from radmesh.errors import (
    ChecksumMismatchError,
    ExhaustedError,
    FailedPreconditionError,
    ImageFormatError,
    ImageTooLargeError,
    InvalidRequestError,
    Violation,
)
from services.gateway import edge
from services.gateway.allocator import give_freed_buffers_back
from services.gateway.uploads import rules, shelf
from services.gateway.uploads.acceptance import Acceptance
from services.gateway.uploads.intake import Intake
from services.gateway.uploads.record import UploadRecord
from services.gateway.uploads.shelf import UploadShelf
from services.gateway.uploads.wire import UploadPart

# What no further chunk can mend; DISK_FULL is among them because what arrived is space that others need.
HOPELESS = (
    ImageTooLargeError,
    ChecksumMismatchError,
    ImageFormatError,
    FailedPreconditionError,
    ExhaustedError,
)
# Uploads of which enough freed memory is left to be worth some milliseconds.
_LARGE_BYTES = 32 << 20
# A line on which these take half of the time that an upload is kept is too slow for anything.
_RENEW_BYTES = 8 << 20
T = TypeVar("T")
LimitsOf = Callable[[str], Awaitable[rules.Limits]]


class Receiver:
    """Carries out CreateUpload and WriteUpload. limits_of: the limits for a pipeline, see LimitsBook."""

    def __init__(self, uploads: UploadShelf, acceptance: Acceptance, limits_of: LimitsOf) -> None:
        self._uploads = uploads
        self._acceptance = acceptance
        self._limits_of = limits_of

    async def open(self, owner: str, declared: rules.NewUpload) -> UploadRecord:
        """The upload that a request opens, or opened before; finished already where its image is known.

        Raises as LimitsBook.of, rules.check_limits, UploadShelf.open and Acceptance.find.
        """
        # A repeat is held to the limits of its first call: its pipeline may be gone by now.
        upload = await self._uploads.find(owner, declared)
        if upload is None:
            limits = await self._limits_of(declared.pipeline)
            rules.check_limits(declared, limits)
            upload = await self._uploads.open(owner, declared, limits)
        if upload.image is None:
            image = await self._acceptance.find(declared, upload.limits)
            if image is not None:
                upload = upload.finished(image)
                await self._uploads.save(upload)
        return upload

    async def receive(self, owner: str, messages: AsyncIterator[UploadPart]) -> tuple[UploadRecord, int]:
        """Takes a stream; the upload as it is after it, and the offset at which it stands."""
        first = await anext(messages, None)
        if first is None:
            raise InvalidRequestError([Violation("name", "must be in the first message of the stream")])
        upload_id = edge.read_name("uploads", first.name)
        await self._uploads.get(owner, upload_id)
        with self._uploads.hold(upload_id):
            # Once more: another stream may have finished or deleted it before this one held it.
            upload = await self._uploads.get(owner, upload_id)
            if upload.image is not None:
                return upload, upload.declared.size_bytes
            try:
                return await self._write(upload, first, messages)
            except HOPELESS:
                await self._uploads.discard(upload_id)
                raise

    async def _write(
        self, upload: UploadRecord, first: UploadPart, messages: AsyncIterator[UploadPart]
    ) -> tuple[UploadRecord, int]:
        offset = await self._uploads.offset(upload)
        if first.offset != offset:
            raise rules.offset_mismatch(offset)
        self._uploads.check_space(upload.declared.size_bytes - offset)
        upload = await self._uploads.renew(upload)
        intake = Intake(self._uploads.blobs, shelf.bytes_key(upload.upload_id), upload.declared.size_bytes)
        await intake.resume(offset)
        try:
            complete = await self._take_all(upload, intake, first, messages)
            await intake.settle()
        except HOPELESS:
            await intake.give_up()
            raise
        except BaseException:
            # Broken off: what arrived is kept, for the stream that comes to go on.
            await to_the_end(self._keep(upload, intake))
            raise
        if complete:
            upload = await to_the_end(self._finish(upload, intake))
            if intake.offset >= _LARGE_BYTES:
                await asyncio.to_thread(give_freed_buffers_back)
        return upload, intake.offset

    async def _take_all(
        self, upload: UploadRecord, intake: Intake, first: UploadPart, messages: AsyncIterator[UploadPart]
    ) -> bool:
        """Takes the chunks of a stream; whether it said that the upload is complete."""
        await intake.take(first.chunk)
        if first.finish:
            return True
        renew_at = intake.offset + _RENEW_BYTES
        async for message in messages:
            if message.offset != intake.offset:
                raise rules.offset_mismatch(intake.offset)
            await intake.take(message.chunk)
            if message.finish:
                return True
            if intake.offset >= renew_at:
                # Another gateway on this store does not see that somebody writes, and would give it up.
                upload = await self._uploads.renew(upload)
                renew_at = intake.offset + _RENEW_BYTES
        return False

    async def _keep(self, upload: UploadRecord, intake: Intake) -> None:
        await intake.settle()
        await self._uploads.renew(upload)

    async def _finish(self, upload: UploadRecord, intake: Intake) -> UploadRecord:
        key = shelf.bytes_key(upload.upload_id)
        image = await self._acceptance.accept(
            key, upload.declared, upload.limits, intake.offset, intake.sha256()
        )
        finished = upload.finished(image)
        await self._uploads.save(finished)
        return finished


async def to_the_end(work: Coroutine[Any, Any, T]) -> T:
    """The outcome of work that is not broken off half-way when its caller is: it ends first."""
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
