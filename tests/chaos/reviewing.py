"""Reviewers in a broken mesh: several at once decide on each stage, and write down the answers."""

import asyncio
import hashlib
import io
import uuid
from collections.abc import AsyncIterator
from typing import Any

import grpc
from PIL import Image

from radmesh.blobs.v1 import upload_service_pb2 as upload
from radmesh.blobs.v1.upload_service_pb2_grpc import UploadServiceStub
from radmesh.tasks.v1 import review_pb2
from radmesh.tasks.v1.review_service_pb2 import ReviewTaskRequest
from radmesh.tasks.v1.review_service_pb2_grpc import ReviewServiceStub
from radmesh.tasks.v1.task_service_pb2 import WatchTaskResponse
from services.tasks.lifecycle import State
from tests.chaos.calling import Unexpected, ask
from tests.chaos.history import Decided, History
from tests.chaos.submissions import REVIEWERS, Choice, Decision

# Somebody else was first, or the review expired, or its task was cancelled.
_TOO_LATE = {"NOT_AWAITING_REVIEW", "REVIEW_CHANGED"}


class Reviewers:
    """All reviewers of a run, each a principal with a picture of its own."""

    def __init__(self, channel: grpc.aio.Channel, history: History) -> None:
        self._uploads: Any = UploadServiceStub(channel)
        self._reviews: Any = ReviewServiceStub(channel)
        self._history = history
        self._pictures: dict[str, str] = {}

    async def prepare(self) -> None:
        """Uploads their pictures, while nothing is broken yet."""
        for grey, reviewer in enumerate(REVIEWERS, start=1):
            self._pictures[reviewer] = await self._upload(reviewer, _picture(grey))

    async def decide(self, task: str, stage: int, sequence: int, decisions: tuple[Decision, ...]) -> None:
        """Tells what they decide on a stage. sequence: of the event that showed it. Raises Unexpected."""
        asked = [self._decide(task, stage, sequence, one) for one in decisions for _ in range(one.times)]
        await asyncio.gather(*asked)

    async def _decide(self, task: str, stage: int, sequence: int, decision: Decision) -> None:
        await asyncio.sleep(decision.wait)
        request = ReviewTaskRequest(
            name=task, sequence=sequence, decision=review_pb2.REVIEW_DECISION_ACCEPTED
        )
        if decision.choice is Choice.REJECT:
            request.decision = review_pb2.REVIEW_DECISION_REJECTED
            request.reason = f"{decision.reviewer} does not like it"
        elif decision.choice is Choice.REPLACE:
            artifact = f"{task}/artifacts/slice-{stage}.png"
            request.replacements.add(artifact=artifact, image=self._pictures[decision.reviewer])
        try:
            answer = await ask(self._reviews.ReviewTask, request, decision.reviewer)
        except Unexpected as error:
            if error.reason not in _TOO_LATE:
                raise
            self._history.decided.append(Decided(decision.reviewer, request, error.reason))
            return
        self._history.decided.append(Decided(decision.reviewer, request))
        self._history.told.append(answer.task)

    async def _upload(self, reviewer: str, content: bytes) -> str:
        request = upload.CreateUploadRequest(
            request_id=str(uuid.uuid4()),
            size_bytes=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            file_extension=".png",
        )
        opened = (await ask(self._uploads.CreateUpload, request, reviewer)).upload

        async def parts() -> AsyncIterator[upload.WriteUploadRequest]:
            yield upload.WriteUploadRequest(name=opened.name, chunk=content, finish=True)

        written = await self._uploads.WriteUpload(parts(), metadata=(("radmesh-principal", reviewer),))
        return str(written.upload.image.name)


def shown_at(message: WatchTaskResponse) -> int:
    """The sequence number of the stage that a message of a watch shows; 0 when it shows none."""
    shown = State.AWAITING_REVIEW
    if message.HasField("snapshot") and State(message.snapshot.task.state) is shown:
        return int(message.snapshot.sequence)
    if message.HasField("event") and State(message.event.state_change.state) is shown:
        return int(message.event.sequence)
    return 0


def _picture(grey: int) -> bytes:
    content = io.BytesIO()
    Image.new("L", (16, 16), 200 + grey).save(content, "PNG")
    return content.getvalue()
