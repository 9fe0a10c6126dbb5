"""What is said of a task that waits for no review any more."""

import pytest

from radmesh.client import open_review
from radmesh.errors import NotAwaitingReviewError
from radmesh.tasks.v1 import review_pb2, task_pb2


def ended(decision: review_pb2.ReviewDecision, state: task_pb2.TaskState) -> task_pb2.Task:
    review = review_pb2.TaskReview(stage=1, decision=decision, reviewer="dr-lee")
    return task_pb2.Task(name="tasks/4f", state=state, reviews=[review])


@pytest.mark.parametrize(
    ("decision", "state", "words"),
    [
        (review_pb2.REVIEW_DECISION_EXPIRED, task_pb2.TASK_STATE_FAILED, "nobody decided in time"),
        (review_pb2.REVIEW_DECISION_REJECTED, task_pb2.TASK_STATE_FAILED, "dr-lee has rejected it"),
        (review_pb2.REVIEW_DECISION_ACCEPTED, task_pb2.TASK_STATE_SUCCEEDED, "it is SUCCEEDED"),
    ],
)
def test_how_the_last_review_ended_is_told(
    decision: review_pb2.ReviewDecision, state: task_pb2.TaskState, words: str
) -> None:
    with pytest.raises(NotAwaitingReviewError, match=words) as raised:
        open_review(ended(decision, state))
    assert raised.value.metadata["state"] == task_pb2.TaskState.Name(state).removeprefix("TASK_STATE_")
