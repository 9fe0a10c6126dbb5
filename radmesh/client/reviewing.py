"""A person's decision about a stage, as a request."""

from collections.abc import Mapping

from radmesh.errors import NotAwaitingReviewError
from radmesh.tasks.v1 import review_pb2, task_pb2
from radmesh.tasks.v1.review_service_pb2 import ReviewTaskRequest


def open_review(task: task_pb2.Task) -> review_pb2.TaskReview:
    """The review that a task waits for. Raises NotAwaitingReviewError."""
    if task.state != task_pb2.TASK_STATE_AWAITING_REVIEW or not task.reviews:
        state = task_pb2.TaskState.Name(task.state).removeprefix("TASK_STATE_")
        raise NotAwaitingReviewError(
            f"{task.name} waits for no review: it is {state}.",
            metadata={"state": state},
        )
    return task.reviews[-1]


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
