"""What a gateway keeps for uploads, over a real folder of blobs, and content to put into it."""

import hashlib
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from radmesh.blobs.v1.image_pb2 import Image
from radmesh.errors import PipelineNotFoundError, UnavailableError
from services.chassis.blob_folder import BlobFolder
from services.chassis.metrics import Metrics
from services.gateway.metrics import GatewayMetrics
from services.gateway.uploads.acceptance import Acceptance
from services.gateway.uploads.receiving import Receiver
from services.gateway.uploads.record import UploadRecord
from services.gateway.uploads.rules import Limits, NewUpload
from services.gateway.uploads.shelf import UploadShelf
from services.gateway.uploads.wire import UploadPart

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9000  # a little over two batches
OWNER = "ada"


class Door:
    """What a gateway keeps for uploads. Another one on the same folder is the gateway after a restart."""

    def __init__(self, folder: Path, min_free_bytes: int = 0) -> None:
        self.folder = folder
        self.now = datetime(2026, 1, 31, tzinfo=UTC)
        self.recorded: list[str] = []
        self.away = False
        self.blobs = BlobFolder(folder)
        self.metrics = GatewayMetrics(Metrics())
        self.uploads = UploadShelf(
            self.blobs,
            keep=timedelta(hours=1),
            min_free_bytes=min_free_bytes,
            clock=lambda: self.now,
        )
        acceptance = Acceptance(self.blobs, self._record_image, self._has_image, self.metrics)
        self.media_types: tuple[str, ...] = ()
        self.known_pipelines = True
        self.receiver = Receiver(self.uploads, acceptance, self._limits_of)

    async def _record_image(self, image: Image) -> Image:
        if self.away:
            raise UnavailableError("away")
        self.recorded.append(image.name)
        return image

    async def _has_image(self, name: str) -> bool:
        return name in self.recorded

    async def _limits_of(self, pipeline: str) -> Limits:
        if not self.known_pipelines:
            raise PipelineNotFoundError(pipeline)
        return Limits(1 << 30, self.media_types)

    async def open(
        self, content: bytes = PNG, media_types: tuple[str, ...] = (), **declared: Any
    ) -> UploadRecord:
        declared.setdefault("size_bytes", len(content))
        declared.setdefault("request_id", str(uuid.uuid4()))
        self.media_types = media_types
        return await self.receiver.open(OWNER, NewUpload(**declared))

    async def write(self, upload: UploadRecord, *chunks: bytes, at: int = 0, finish: bool = True) -> Image:
        parts = []
        for chunk in chunks:
            parts.append(UploadPart(f"uploads/{upload.upload_id}", at, chunk))
            at += len(chunk)
        parts[-1].finish = finish
        written, _ = await self.receiver.receive(OWNER, stream(parts))
        return written.image or Image()

    def listing(self) -> list[str]:
        files = (path for path in self.folder.rglob("*") if path.is_file())
        names = (str(path.relative_to(self.folder)) for path in files)
        return sorted(name for name in names if not name.startswith(".claims/"))


async def stream(
    parts: list[UploadPart], then: Callable[[], Awaitable[None]] | None = None
) -> AsyncIterator[UploadPart]:
    for part in parts:
        yield part
    if then is not None:
        await then()


def halves(content: bytes) -> tuple[bytes, ...]:
    step = 300_000
    return tuple(content[start : start + step] for start in range(0, len(content), step))


def name_of(content: bytes) -> str:
    return f"images/{hashlib.sha256(content).hexdigest()}"
