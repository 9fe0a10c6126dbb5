"""Images and artifacts, in and out."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

import grpc

from radmesh.blobs.v1 import blob_service_pb2_grpc, image_pb2, upload_service_pb2_grpc
from radmesh.client import downloads, sources, uploads
from radmesh.client.calls import Calls
from radmesh.client.requests import full_name
from radmesh.client.retry import Patience
from radmesh.client.sources import OnUpload
from radmesh.tasks.v1 import task_pb2

PathLike = str | os.PathLike[str]
ImageLike = bytes | PathLike


class FileCalls(Calls):
    """The part of `Client` that moves bytes."""

    def __init__(self, channel: grpc.aio.Channel, patience: Patience) -> None:
        super().__init__(channel, patience)
        self._uploads = upload_service_pb2_grpc.UploadServiceStub(channel)
        self._blobs = blob_service_pb2_grpc.BlobServiceStub(channel)

    async def upload(
        self,
        image: ImageLike,
        *,
        extension: str = "",
        pipeline: str = "",
        on_progress: OnUpload = sources.unheard,
    ) -> image_pb2.Image:
        """Brings an image in: bytes or the path of a file. One that this caller has there is not sent again.

        extension: with its dot, such as `.png`, checked against the content; the path's when empty.
        pipeline: whose size limit applies; the gateway's own when empty. Raises OSError as `open` does, and
        FailedPreconditionError FILE_CHANGED when the file is written meanwhile.
        """
        source = await sources.open_source(image, extension, on_progress)
        return await self._send(source, pipeline, on_progress)

    async def upload_series(
        self,
        files: PathLike | Sequence[PathLike],
        *,
        pipeline: str = "",
        on_progress: OnUpload = sources.unheard,
    ) -> image_pb2.Image:
        """Brings the files of a DICOM series in as one image, for a pipeline that `accepts_series`.

        files: files, and folders whose DICOM files are found at any depth, whatever they are called. Their
        names are not sent. The same files are the same image. Raises OSError for what cannot be read;
        ImageFormatError UNSUPPORTED_FORMAT (no DICOM there), FILE_UNREADABLE, TOO_MANY_FILES;
        FailedPreconditionError FILE_CHANGED.
        """
        every = [files] if isinstance(files, str | os.PathLike) else files
        source = await sources.open_series([Path(file) for file in every], on_progress)
        return await self._send(source, pipeline, on_progress)

    async def _send(self, source: sources.Source, pipeline: str, on_progress: OnUpload) -> image_pb2.Image:
        name = full_name("pipelines", pipeline) if pipeline else ""
        return await uploads.upload(self._uploads, source, name, self._patience, on_progress)

    async def read(self, name: str) -> bytes:
        """The whole of an image or an artifact, checked."""
        sink = downloads.MemorySink()
        await downloads.fetch(self._blobs, name, sink, self._patience)
        return bytes(sink.content)

    async def download(self, name: str, path: str | os.PathLike[str]) -> Path:
        """Writes an image or an artifact to a file, which appears only whole and checked."""
        await downloads.download_to(self._blobs, name, Path(path), self._patience)
        return Path(path)

    async def save(self, task: task_pb2.Task, folder: str | os.PathLike[str]) -> dict[str, Path]:
        """Downloads every artifact of a task into a folder, which is made; file name → path."""
        await asyncio.to_thread(Path(folder).mkdir, parents=True, exist_ok=True)
        return {
            artifact.file_name: await self.download(
                artifact.name, Path(folder) / Path(artifact.file_name).name
            )
            for artifact in task.artifacts
        }
