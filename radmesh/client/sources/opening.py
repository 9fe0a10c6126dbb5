"""Makes an image ready to be sent: measured and hashed, off the event loop and told as it goes."""

import asyncio
import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from radmesh.client.sources.content import BytesContent, Content, FileContent
from radmesh.client.sources.finding import find_dicom
from radmesh.client.sources.packing import PackedFiles, in_order

_READ_BYTES = 1 << 20
# A step of hashing: a thread is not to be stopped, and Ctrl-C has to wait for this one only.
_STEP_BYTES = 16 << 20


class UploadStage(StrEnum):
    """What happens to the bytes of an image."""

    READING = "reading"
    """They are hashed; nothing is sent yet."""
    SENDING = "sending"


@dataclass(frozen=True)
class UploadProgress:
    """How far an image is on its way."""

    stage: UploadStage
    done_bytes: int
    total_bytes: int


OnUpload = Callable[[UploadProgress], None]


@dataclass(frozen=True)
class Source:
    """An image that is ready to be sent. extension: with its dot, "" when not known."""

    content: Content
    sha256: str
    extension: str


def unheard(progress: UploadProgress) -> None:
    """Takes progress that nobody wants to see."""


async def open_source(
    image: bytes | str | os.PathLike[str], extension: str = "", on_progress: OnUpload = unheard
) -> Source:
    """Measures and hashes an image, off the event loop. Raises OSError when a file cannot be read."""
    if isinstance(image, bytes):
        return await _hashed(BytesContent(image), extension, on_progress)
    path = Path(image)
    return await _hashed(await asyncio.to_thread(FileContent, path), extension or path.suffix, on_progress)


async def open_series(files: Sequence[Path], on_progress: OnUpload = unheard) -> Source:
    """The DICOM files of these files and folders as one archive. Raises as `find_dicom`, `Content.read`."""
    found = await asyncio.to_thread(find_dicom, files)
    packed = PackedFiles(await asyncio.to_thread(in_order, found))
    return await _hashed(packed, ".tar", on_progress)


async def _hashed(content: Content, extension: str, on_progress: OnUpload) -> Source:
    digest = hashlib.sha256()

    def step(offset: int) -> int:
        end = min(offset + _STEP_BYTES, content.size)
        while offset < end:
            chunk = content.read(offset, _READ_BYTES)
            digest.update(chunk)
            offset += len(chunk)
        return offset

    done = 0
    try:
        while done < content.size:
            done = await asyncio.to_thread(step, done)
            on_progress(UploadProgress(UploadStage.READING, done, content.size))
    finally:
        content.close()
    return Source(content, digest.hexdigest(), extension)
