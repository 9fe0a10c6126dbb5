"""A blob store in a folder. Whatever is visible under a key was written whole."""

from collections.abc import AsyncIterator
from pathlib import Path

from services.chassis.blobs import CHUNK_BYTES


class BlobFolder:
    """Blobs as files below one folder, which several processes may share. See BlobStore."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def size(self, key: str) -> int | None:
        """See BlobStore."""
        raise NotImplementedError

    async def append(self, key: str, offset: int, chunk: bytes) -> None:
        """See BlobStore."""
        raise NotImplementedError

    async def promote(self, staged: str, key: str) -> None:
        """See BlobStore."""
        raise NotImplementedError

    async def put(self, key: str, content: bytes) -> None:
        """See BlobStore."""
        raise NotImplementedError

    async def read(self, key: str, offset: int = 0, length: int | None = None) -> bytes:
        """See BlobStore."""
        raise NotImplementedError

    def chunks(self, key: str, offset: int = 0, chunk_bytes: int = CHUNK_BYTES) -> AsyncIterator[bytes]:
        """See BlobStore."""
        raise NotImplementedError

    async def delete(self, key: str) -> None:
        """See BlobStore."""
        raise NotImplementedError

    async def keys(self, prefix: str) -> list[str]:
        """See BlobStore."""
        raise NotImplementedError

    def free_bytes(self) -> int:
        """See BlobStore."""
        raise NotImplementedError
