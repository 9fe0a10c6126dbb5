"""The blob store: where images and artifacts lie, by key. One small interface, chosen by URL."""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from radmesh.errors import FailedPreconditionError, InvalidRequestError, NotFoundError, Violation

CHUNK_BYTES = 1 << 20
_SEGMENT = r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}"
_KEY = re.compile(rf"[a-z]{{1,32}}(?:/{_SEGMENT}){{1,4}}")


class BlobNotFoundError(NotFoundError):
    """Nothing is under a key, metadata `key`. The caller says what that means for its own client."""

    reason = "BLOB_NOT_FOUND"


class BlobStore(Protocol):
    """Bytes by key: `images/<sha256>`, `artifacts/<task>/<attempt>/<file>`, `uploads/<id>`.

    Every method raises InvalidRequestError on a key that breaks the rule, ExhaustedError (DISK_FULL) when no
    space is left, and BlobNotFoundError where a blob is read that is not there.
    """

    async def size(self, key: str) -> int | None:
        """Length of a blob in bytes; None when there is none."""

    async def append(self, key: str, offset: int, *chunks: bytes | memoryview) -> None:
        """Adds bytes to a staged blob; creates it at offset 0.

        The chunks are kept all and whole, or not at all. Raises OffsetMismatchError, metadata `offset`, when
        the blob does not end at `offset`.
        """

    async def promote(self, staged: str, key: str) -> None:
        """Moves a staged blob to its place, durably and at once; keeps what is there already.

        Repeating it after a success changes nothing.
        """

    async def put(self, key: str, content: bytes) -> None:
        """Writes a whole blob, durably and at once. One that is there is replaced."""

    async def read(self, key: str, offset: int = 0, length: int | None = None) -> bytes:
        """Bytes from `offset` on, at most `length`; fewer at the end of the blob."""

    def chunks(self, key: str, offset: int = 0, chunk_bytes: int = CHUNK_BYTES) -> AsyncIterator[bytes]:
        """The blob from `offset` on, in chunks. A blob deleted meanwhile is still read to its end."""

    def lend(self, keys: Sequence[str]) -> AbstractAsyncContextManager[Sequence[Path]]:
        """Files with the contents of these blobs, in their order, to read while the context is open.

        For a process that cannot be handed gigabytes. Where blobs are files, it is those themselves, and no
        byte is copied; a store without files of its own makes unnamed ones that go with the context.
        """

    def claim(self, key: str) -> AbstractAsyncContextManager[None]:
        """Keeps the sweeper off a blob while it is recorded and put in its place.

        See services.chassis.blob_claims. Raises UnavailableError when its deletion takes too long.
        """

    async def delete(self, key: str) -> None:
        """Removes a blob; nothing happens when there is none."""

    async def keys(self, prefix: str) -> list[str]:
        """The keys that start with `prefix`, sorted."""

    def free_bytes(self) -> int:
        """Space that is left."""


def open_blob_store(url: str) -> BlobStore:
    """The blob store that a URL names: `file:///absolute/folder`.

    Raises FailedPreconditionError (UNSUPPORTED_BLOB_STORE) on another kind of URL.
    """
    from services.chassis.blob_folder import BlobFolder

    return BlobFolder(folder_of(url))


def folder_of(url: str) -> Path:
    """The folder that the URL of a blob store names; it need not be there yet.

    Raises FailedPreconditionError (UNSUPPORTED_BLOB_STORE) on another kind of URL.
    """
    parts = urlsplit(url)
    path = unquote(parts.path)
    if parts.scheme != "file" or parts.netloc not in ("", "localhost") or not Path(path).is_absolute():
        raise FailedPreconditionError(
            "The blob store must be a folder, given as file:///absolute/path.",
            reason="UNSUPPORTED_BLOB_STORE",
        )
    return Path(path)


def is_key(key: str) -> bool:
    """Whether a string can be a blob's key; no key leads out of the store, or to what is hidden in it."""
    return _KEY.fullmatch(key) is not None


def check_key(key: str) -> str:
    """The key itself, if it is one. Raises InvalidRequestError."""
    if not is_key(key):
        raise InvalidRequestError([Violation("key", "not a key of the blob store")])
    return key
