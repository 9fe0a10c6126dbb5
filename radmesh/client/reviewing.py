"""A person's decision about a stage."""

from collections.abc import Mapping
from typing import Any

import grpc

from radmesh.client.files import ImageLike
from radmesh.client.requests import full_name
from radmesh.client.retry import Patience
from radmesh.client.tasks import TaskCalls
from radmesh.errors import NotAwaitingReviewError
from radmesh.tasks.v1 import review_pb2, review_service_pb2_grpc, task_pb2
from radmesh.tasks.v1.review_service_pb2 import ReviewTaskRequest


class ReviewCalls(TaskCalls):
    """The part of `Client` that decides on what tasks show."""

    def __init__(self, channel: grpc.aio.Channel, patience: Patience) -> None:
        super().__init__(channel, patience)
        self._reviews = review_service_pb2_grpc.ReviewServiceStub(channel)

    async def review(
        self,
        task: str,
        *,
        accept: bool,
        reason: str = "",
        replacements: Mapping[str, ImageLike] | None = None,
        sequence: int | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> task_pb2.Task:
        """Decides on the stage that a task shows; returns the task as it is then.

        reason: needed to reject. replacements: images that take the place of artifacts, by the artifact's
        file name. sequence: of the review that was seen (`task.reviews[-1]`); whichever is open when None.
        parameters: for the stages that follow, of those that the pipeline calls reviewable.
        Raises NotAwaitingReviewError, ReviewChangedError, and those of `upload`.
        """
        if sequence is None:
            sequence = open_review(await self.get(task)).sequence
        images = {name: (await self.upload(image)).name for name, image in (replacements or {}).items()}
        request = decision_request(
            full_name("tasks", task), sequence, accept=accept, reason=reason, replacements=images
        )
        request.parameters.update(dict(parameters or {}))
        return (await self._call(self._reviews.ReviewTask, request)).task


def open_review(task: task_pb2.Task) -> review_pb2.TaskReview:
    """The review that a task waits for. Raises NotAwaitingReviewError."""
    if task.state != task_pb2.TASK_STATE_AWAITING_REVIEW or not task.reviews:
        state = task_pb2.TaskState.Name(task.state).removeprefix("TASK_STATE_")
        raise NotAwaitingReviewError(
            f"{task.name} waits for no review: it is {state}{_ending(task)}.",
            metadata={"state": state},
        )
    return task.reviews[-1]


def _ending(task: task_pb2.Task) -> str:
    """How its last review ended, in words; empty when that explains nothing."""
    if not task.reviews or task.state != task_pb2.TASK_STATE_FAILED:
        return ""
    last = task.reviews[-1]
    if last.decision == review_pb2.REVIEW_DECISION_EXPIRED:
        return "; nobody decided in time, so send the study again"
    if last.decision == review_pb2.REVIEW_DECISION_REJECTED:
        return f"; {last.reviewer} has rejected it"
    return ""


def refused_answer(task: task_pb2.Task, review: review_pb2.TaskReview) -> review_pb2.RefusedAnswer | None:
    """Why the answer before this review could not be used, for which its stage is shown again; else None."""
    before = [one for one in task.reviews if one.sequence < review.sequence]
    return before[-1].refused_answer if before and before[-1].HasField("refused_answer") else None


def reviewed_artifacts(task: task_pb2.Task, review: review_pb2.TaskReview) -> list[task_pb2.Artifact]:
    """What a review shows: the files of the attempt that did its stage."""
    return [artifact for artifact in task.artifacts if artifact.attempt == review.attempt]


def decision_request(
    task: str, sequence: int, *, accept: bool, reason: str, replacements: Mapping[str, str]
) -> ReviewTaskRequest:
    """The request. replacements: image by artifact; an artifact's name or its file name."""
    decision = review_pb2.REVIEW_DECISION_ACCEPTED if accept else review_pb2.REVIEW_DECISION_REJECTED
    return ReviewTaskRequest(
        name=task,
        sequence=sequence,
        decision=decision,
        reason=reason,
        replacements=[
            review_pb2.ArtifactReplacement(
                artifact=artifact if "/" in artifact else f"{task}/artifacts/{artifact}", image=image
            )
            for artifact, image in replacements.items()
        ],
    )
