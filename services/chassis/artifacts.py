"""The files of a run: how they are described, kept, and deleted again when the attempt's lease was lost."""

import asyncio
import hashlib
from collections.abc import Iterable

from radmesh.tasks.v1 import task_pb2
from services.chassis.blobs import BlobStore
from services.chassis.runner import OutputFile


def describe(file: OutputFile) -> task_pb2.Artifact:
    """The artifact of a file, still without a resource name."""
    return task_pb2.Artifact(
        file_name=file.file_name,
        media_type=file.media_type,
        size_bytes=len(file.content),
        sha256=hashlib.sha256(file.content).hexdigest(),
    )


def artifact_key(task: str, attempt: int, file_name: str) -> str:
    """The blob key of a file of an attempt. task: `tasks/{task}`."""
    return f"artifacts/{task.removeprefix('tasks/')}/{attempt}/{file_name}"


async def keep_files(
    blobs: BlobStore, task: str, attempt: int, files: Iterable[tuple[task_pb2.Artifact, bytes]]
) -> list[task_pb2.Artifact]:
    """Writes the files of an attempt, all at once, and returns their artifacts with names, in order.

    Raises what the blob store raises, with nothing left behind.
    """
    files = list(files)
    keys = [artifact_key(task, attempt, artifact.file_name) for artifact, _ in files]
    writes = [blobs.put(key, content) for key, (_, content) in zip(keys, files, strict=True)]
    failures = [one for one in await asyncio.gather(*writes, return_exceptions=True) if one is not None]
    if failures:
        await asyncio.gather(*(blobs.delete(key) for key in keys))
        raise failures[0]
    named = []
    for artifact, _ in files:
        copy = task_pb2.Artifact(name=f"{task}/artifacts/{artifact.file_name}", attempt=attempt)
        copy.MergeFrom(artifact)
        named.append(copy)
    return named


async def delete_files(
    blobs: BlobStore, task: str, attempt: int, artifacts: Iterable[task_pb2.Artifact]
) -> None:
    """Deletes the files of an attempt that did not win."""
    keys = [artifact_key(task, attempt, artifact.file_name) for artifact in artifacts]
    await asyncio.gather(*(blobs.delete(key) for key in keys))
