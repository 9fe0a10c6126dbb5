"""Where uploads wait: bytes in the blob store, a small record beside them, nothing in the gateway."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from radmesh.errors import ExhaustedError, NotFoundError, RequestIdReusedError, UploadNotFoundError
from services.chassis.blobs import BlobStore
from services.gateway.uploads import record as records
from services.gateway.uploads import rules
from services.gateway.uploads.record import UploadRecord

PREFIX = "uploads/"
_RECORD = ".json"


def bytes_key(upload_id: str) -> str:
    """Where the bytes of an upload are staged."""
    return f"{PREFIX}{upload_id}"


def record_key(upload_id: str) -> str:
    """Where the record of an upload is kept."""
    return f"{PREFIX}{upload_id}{_RECORD}"


class UploadShelf:
    """The uploads of every owner.

    keep: how long an upload is kept after something last arrived. min_free_bytes: free space that uploads
    leave. clock: the present time, aware.
    """

    def __init__(
        self, blobs: BlobStore, *, keep: timedelta, min_free_bytes: int, clock: Callable[[], datetime]
    ) -> None:
        self.blobs = blobs
        self._keep = keep
        self._min_free_bytes = min_free_bytes
        self._clock = clock
        self._held: set[str] = set()
        self._opening: dict[str, asyncio.Lock] = {}

    async def find(self, owner: str, new: rules.NewUpload) -> UploadRecord | None:
        """The upload that this request opened before. Raises RequestIdReusedError."""
        known = await self._load(records.upload_id(owner, new.request_id))
        return None if known is None else _same_request(known, new)

    async def open(self, owner: str, new: rules.NewUpload, limits: rules.Limits) -> UploadRecord:
        """The upload that a request opens, or that it opened before.

        Raises RequestIdReusedError, ExhaustedError DISK_FULL.
        """
        identifier = records.upload_id(owner, new.request_id)
        lock = self._opening.setdefault(identifier, asyncio.Lock())
        try:
            async with lock:
                known = await self._load(identifier)
                if known is not None:
                    return _same_request(known, new)
                self.check_space(new.size_bytes)
                # Of an upload of the same request whose time is over, nothing may count for this one.
                await self.blobs.delete(bytes_key(identifier))
                opened = UploadRecord(identifier, owner, new, limits, self._clock() + self._keep)
                await self.save(opened)
                return opened
        finally:
            if not lock.locked():
                self._opening.pop(identifier, None)

    async def get(self, owner: str, upload_id: str) -> UploadRecord:
        """An upload of this owner. Raises UploadNotFoundError."""
        known = await self._load(upload_id)
        if known is None or known.owner != owner:
            raise UploadNotFoundError("There is no such upload; it may have expired. Open a new one.")
        return known

    async def offset(self, upload: UploadRecord) -> int:
        """Bytes of an upload that are kept."""
        if upload.image is not None:
            return upload.declared.size_bytes
        return await self.blobs.size(bytes_key(upload.upload_id)) or 0

    async def save(self, upload: UploadRecord) -> None:
        """Writes the record of an upload."""
        await self.blobs.put(record_key(upload.upload_id), records.dump(upload))

    async def renew(self, upload: UploadRecord) -> UploadRecord:
        """The upload with its full time before it again; written only when half of it is over."""
        now = self._clock()
        if upload.expire_time - now > self._keep / 2:
            return upload
        renewed = upload.kept_until(now + self._keep)
        await self.save(renewed)
        return renewed

    async def discard(self, upload_id: str) -> None:
        """Deletes what is kept of an upload. The record goes last: what it speaks of must not outlive it."""
        await self.blobs.delete(bytes_key(upload_id))
        await self.blobs.delete(record_key(upload_id))

    @contextmanager
    def hold(self, upload_id: str) -> Iterator[None]:
        """Keeps other streams and the sweep off an upload. Raises AbortedError UPLOAD_BUSY."""
        if upload_id in self._held:
            raise rules.busy()
        self._held.add(upload_id)
        try:
            yield
        finally:
            self._held.discard(upload_id)

    def is_held(self, upload_id: str) -> bool:
        """Whether a stream writes this upload now."""
        return upload_id in self._held

    def check_space(self, size_bytes: int) -> None:
        """Raises ExhaustedError DISK_FULL when so many more bytes would leave too little free space."""
        if self.blobs.free_bytes() - size_bytes < self._min_free_bytes:
            raise ExhaustedError(
                "The server's disk is nearly full. Tell its operator, and try again later.",
                reason="DISK_FULL",
                retry_after=60.0,
            )

    async def expired(self) -> list[str]:
        """Ids of uploads whose time is over and that nobody writes."""
        found = []
        for upload_id in await self.ids():
            known = await self._read(upload_id)
            if known is not None and known.expire_time <= self._clock() and not self.is_held(upload_id):
                found.append(upload_id)
        return found

    async def ids(self) -> set[str]:
        """Ids of the uploads that have a record."""
        keys = await self.blobs.keys(PREFIX)
        return {key[len(PREFIX) : -len(_RECORD)] for key in keys if key.endswith(_RECORD)}

    async def unrecorded(self) -> set[str]:
        """Ids under which bytes are staged without a record, by nobody who writes now."""
        keys = await self.blobs.keys(PREFIX)
        staged = {key[len(PREFIX) :] for key in keys if not key.endswith(_RECORD)}
        return {one for one in staged - await self.ids() if not self.is_held(one)}

    async def _load(self, upload_id: str) -> UploadRecord | None:
        """The record of an upload whose time is not over."""
        known = await self._read(upload_id)
        if known is not None and known.expire_time <= self._clock() and not self.is_held(upload_id):
            return None
        return known

    async def _read(self, upload_id: str) -> UploadRecord | None:
        try:
            content = await self.blobs.read(record_key(upload_id))
        except NotFoundError:
            return None
        return records.load(upload_id, content)


def _same_request(known: UploadRecord, new: rules.NewUpload) -> UploadRecord:
    if known.declared.fingerprint != new.fingerprint:
        raise RequestIdReusedError("This request_id opened another upload. Choose a new one for this file.")
    return known
