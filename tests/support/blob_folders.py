"""A folder of blobs for tests of its sweep: images and artifacts, as old as a test wants them."""

import hashlib
import os
import time
from pathlib import Path

from services.chassis.blob_folder import BlobFolder
from services.tasks.records import ImageRecord
from services.tasks.store import TaskStore

OLD_SECONDS = 2 * 86_400


class AgedBlobs:
    """Blobs in a folder, each written as if it were long ago."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.store = BlobFolder(root)

    async def put(self, key: str, content: bytes = b"12345", *, seconds: float = OLD_SECONDS) -> str:
        """Writes a blob, `seconds` ago."""
        await self.store.put(key, content)
        written = time.time() - seconds
        os.utime(self.root / key, (written, written))
        return key

    async def upload(self, tasks: TaskStore, content: bytes, owner: str = "alice") -> str:
        """Puts an image in its place as the gateway does; its SHA-256."""
        sha256 = hashlib.sha256(content).hexdigest()
        await tasks.record_image(owner, ImageRecord(sha256, len(content), "image/png"))
        await self.put(f"images/{sha256}", content)
        return sha256

    def files(self) -> set[str]:
        """The keys of all files."""
        found = (path.relative_to(self.root) for path in self.root.rglob("*") if path.is_file())
        return {path.as_posix() for path in found if not path.parts[0].startswith(".")}
