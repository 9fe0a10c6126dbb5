"""What direct calls of this service share: images of a request lent as files, and the files of an answer."""

from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

from radmesh.errors import ImageNotFoundError, ImageTooLargeError, PermissionDeniedError, UnavailableError
from services.chassis import principals
from services.chassis.blobs import CHUNK_BYTES, BlobStore
from services.chassis.model_pool import ModelPool
from services.chassis.model_process import ModelFile, ModelOutput
from services.chassis.unnamed_files import unnamed_file

MAX_CONTENT_BYTES = 1 << 20
_OPERATOR = "operator"


class Models(Protocol):
    """What the service lends to its servicers."""

    pool: ModelPool
    blobs: BlobStore
    draining: bool

    def observe(self, pipeline: str, output: ModelOutput) -> None:
        """Counts an output."""


def refuse_draining(models: Models) -> None:
    """Raises UnavailableError DRAINING when the service goes down."""
    if models.draining:
        raise UnavailableError("this service goes down: call another one", reason="DRAINING")


@asynccontextmanager
async def lent_images(
    models: Models, names: Sequence[str], contents: Sequence[bytes], max_bytes: int
) -> AsyncGenerator[list[Path], None]:
    """The images as files: those named in the blob store, or else `contents`. max_bytes: of a named one.

    Raises PermissionDeniedError, ImageNotFoundError, ImageTooLargeError.
    """
    if not names:
        with ExitStack() as files:
            yield [files.enter_context(unnamed_file(content)) for content in contents]
        return
    # This service does not know whose an image is, and a digest alone is no right to see it.
    caller = principals.current()
    if caller != principals.LOCAL and _OPERATOR not in caller.roles:
        raise PermissionDeniedError("send the image's content, or create a task for the uploaded image")
    for name in names:
        size = await models.blobs.size(name)
        if size is None:
            raise ImageNotFoundError("no such image; upload it first")
        if size > max_bytes:
            raise ImageTooLargeError(
                f"the image has {size} bytes, at most {max_bytes} are allowed",
                metadata={"limit_bytes": str(max_bytes)},
            )
    async with models.blobs.lend(list(names)) as paths:
        yield list(paths)


def file_parts(files: Sequence[ModelFile]) -> Iterator[dict[str, Any]]:
    """The fields of a part of a file, as each service's own message has them, for all parts in order."""
    for file in files:
        for offset in range(0, len(file.content), CHUNK_BYTES):
            yield {
                "file_name": file.artifact.file_name,
                "media_type": file.artifact.media_type,
                "offset": offset,
                "chunk": file.content[offset : offset + CHUNK_BYTES],
                "size_bytes": len(file.content),
            }
