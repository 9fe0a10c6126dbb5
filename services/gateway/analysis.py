"""Analyze: an upload, a task, its watch and its artifacts as one stream."""

import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass

from radmesh import names
from radmesh.blobs.v1.image_pb2 import Image
from radmesh.blobs.v1.upload_service_pb2 import CreateUploadRequest
from radmesh.errors import ImageFormatError, InvalidRequestError, RadmeshError, Violation
from radmesh.gateway.v1.analysis_service_pb2 import (
    AnalyzeHeader,
    AnalyzeRequest,
    AnalyzeResponse,
    ArtifactChunk,
)
from radmesh.tasks.v1.task_pb2 import Task
from radmesh.tasks.v1.task_service_pb2 import CreateTaskRequest, GetTaskRequest
from services.gateway import downloads
from services.gateway.downloads import Downloads
from services.gateway.limits import LimitsBook
from services.gateway.runs import Runs
from services.gateway.tasks_peer import TasksPeer
from services.gateway.uploads import rules, shelf
from services.gateway.uploads.acceptance import Acceptance
from services.gateway.uploads.intake import Intake
from services.gateway.uploads.receiving import to_the_end
from services.gateway.uploads.shelf import UploadShelf


@dataclass(frozen=True)
class Analysis:
    """Carries out Analyze with the parts that also carry out the calls it stands for."""

    peer: TasksPeer
    runs: Runs
    uploads: UploadShelf
    acceptance: Acceptance
    limits: LimitsBook
    downloads: Downloads

    async def analyze(self, requests: AsyncIterator[AnalyzeRequest]) -> AsyncGenerator[AnalyzeResponse, None]:
        """The answers to one stream, from the image to the last artifact."""
        header = await _header(requests)
        self.runs.refuse_if_full()
        image = await self._receive(header, requests)
        yield AnalyzeResponse(image=image)
        task = ""
        async with aclosing(self.runs.run(task_request(header, image.name))) as messages:
            async for message in messages:
                kind = message.WhichOneof("message")
                if kind == "snapshot":
                    task = message.snapshot.task.name
                yield AnalyzeResponse(**{kind: getattr(message, kind)}, deduplicated=message.deduplicated)
        if header.include_artifacts:
            async with aclosing(self._artifacts(task)) as parts:
                async for part in parts:
                    yield AnalyzeResponse(artifact_chunk=part)

    async def _receive(self, header: AnalyzeHeader, requests: AsyncIterator[AnalyzeRequest]) -> Image:
        """The image that the chunks make. Whatever happens, nothing stays staged."""
        declared = _declared(header)
        limits = await self._limits(declared)
        self.uploads.check_space(declared.size_bytes)
        # No record is written, so this upload cannot be resumed; the whole call is repeated instead.
        staged = uuid.uuid4().hex
        key = shelf.bytes_key(staged)
        intake = Intake(self.uploads.blobs, key, declared.size_bytes)
        with self.uploads.hold(staged):
            try:
                async for request in requests:
                    if request.WhichOneof("message") != "chunk":
                        raise InvalidRequestError(
                            [Violation("chunk", "must follow the header, which comes once")]
                        )
                    await intake.take(request.chunk)
                await intake.settle()
                return await to_the_end(self._accept(key, declared, limits, intake))
            finally:
                await to_the_end(self._clear(intake, key))

    async def _limits(self, declared: rules.NewUpload) -> rules.Limits:
        try:
            limits = await self.limits.of(declared.pipeline)
            rules.check_limits(declared, limits)
        except RadmeshError as refused:
            limits = await self._limits_of_repeat(declared, refused)
            rules.check_limits(declared, limits)
        return limits

    async def _accept(
        self, key: str, declared: rules.NewUpload, limits: rules.Limits, intake: Intake
    ) -> Image:
        try:
            return await self.acceptance.accept(key, declared, limits, intake.offset, intake.sha256())
        except ImageFormatError as refused:
            limits = await self._limits_of_repeat(declared, refused)
            return await self.acceptance.accept(key, declared, limits, intake.offset, intake.sha256())

    async def _limits_of_repeat(self, declared: rules.NewUpload, refused: RadmeshError) -> rules.Limits:
        """What a repeat is held to: its pipeline may be gone by now, or take other images.

        refused: why a first call would be refused; raised for one.
        """
        if refused.retry_after is not None or not await self.peer.knows_request(declared.request_id):
            raise refused
        return self.limits.own

    async def _clear(self, intake: Intake, key: str) -> None:
        await intake.give_up()
        await self.uploads.blobs.delete(key)

    async def _artifacts(self, name: str) -> AsyncGenerator[ArtifactChunk, None]:
        task: Task = (await self.peer.ask(self.peer.tasks.GetTask, GetTaskRequest(name=name))).task
        for artifact in task.artifacts:
            offset = 0
            async with aclosing(self.downloads.chunks(downloads.artifact(task, artifact))) as chunks:
                async for chunk in chunks:
                    yield ArtifactChunk(name=artifact.name, offset=offset, chunk=chunk)
                    offset += len(chunk)


def task_request(header: AnalyzeHeader, image: str) -> CreateTaskRequest:
    """What CreateTask is asked for the image that came after a header."""
    return CreateTaskRequest(
        request_id=header.request_id,
        pipeline=header.pipeline,
        images=[image],
        parameters=header.parameters if header.HasField("parameters") else None,
        labels=header.labels,
        weights=header.weights,
        priority=header.priority,
        not_before_time=header.not_before_time if header.HasField("not_before_time") else None,
        dedupe_key=header.dedupe_key,
        timeouts=header.timeouts if header.HasField("timeouts") else None,
        callback_url=header.callback_url,
    )


async def _header(requests: AsyncIterator[AnalyzeRequest]) -> AnalyzeHeader:
    first = await anext(requests, None)
    if first is None or first.WhichOneof("message") != "header":
        raise InvalidRequestError([Violation("header", "must be the first message of the stream")])
    return first.header


def _declared(header: AnalyzeHeader) -> rules.NewUpload:
    if names.parse("pipelines", header.pipeline) is None:
        raise InvalidRequestError([Violation("pipeline", "must be `pipelines/{pipeline}`")])
    return rules.read_request(
        CreateUploadRequest(
            request_id=header.request_id,
            size_bytes=header.size_bytes,
            sha256=header.sha256,
            file_extension=header.file_extension,
            pipeline=header.pipeline,
        )
    )
