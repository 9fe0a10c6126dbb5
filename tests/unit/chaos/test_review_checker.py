"""A history in which a review went wrong is told from a good one."""

from collections.abc import Callable
from typing import Any

import pytest
from google.protobuf import struct_pb2

from radmesh.tasks.v1 import review_pb2, task_pb2
from radmesh.tasks.v1.review_service_pb2 import ReviewTaskRequest
from tests.chaos.history import Decided, History
from tests.chaos.review_invariants import check_reviews

TASK = "tasks/" + "a" * 32
ARTIFACT = f"{TASK}/artifacts/slice-1.png"
_ACCEPTED, _REJECTED = review_pb2.REVIEW_DECISION_ACCEPTED, review_pb2.REVIEW_DECISION_REJECTED
_STATES = (
    (task_pb2.TASK_STATE_QUEUED, "CREATED"),
    (task_pb2.TASK_STATE_RUNNING, "ASSIGNED"),
    (task_pb2.TASK_STATE_AWAITING_REVIEW, "REVIEW_REQUESTED"),
    (task_pb2.TASK_STATE_QUEUED, "REVIEW_ACCEPTED"),
    (task_pb2.TASK_STATE_RUNNING, "ASSIGNED"),
    (task_pb2.TASK_STATE_SUCCEEDED, "COMPLETED"),
)


def _made(**fields: Any) -> struct_pb2.Struct:
    made = struct_pb2.Struct()
    made.update({"stage_attempt": 1, "accepted": {"slice-1.png": "f" * 64}, **fields})
    return made


def _good() -> History:
    """A stage that carol accepted with a picture of hers in its place; dora came too late."""
    history = History()
    history.logs[TASK] = [
        task_pb2.TaskEvent(sequence=number, state_change=task_pb2.TaskStateChange(state=state, reason=reason))
        for number, (state, reason) in enumerate(_STATES, start=1)
    ]
    task = history.ended[TASK] = task_pb2.Task(name=TASK)
    task.artifacts.add(name=ARTIFACT, attempt=1, sha256="0" * 64)
    task.artifacts.add(name=f"{TASK}/artifacts/steps.json", attempt=2, sha256="1" * 64)
    review = task.reviews.add(stage=1, sequence=3, attempt=1, decision=_ACCEPTED, reviewer="carol")
    review.replacements.add(artifact=ARTIFACT, image="images/" + "f" * 64)
    task.result.Pack(_made())
    asked = ReviewTaskRequest(name=TASK, sequence=3, decision=_ACCEPTED, replacements=review.replacements)
    history.decided = [
        Decided("carol", asked),
        Decided("carol", asked),
        Decided("dora", ReviewTaskRequest(name=TASK, sequence=3, decision=_REJECTED), "NOT_AWAITING_REVIEW"),
    ]
    return history


def _take_two_decisions(history: History) -> None:
    history.decided[2] = Decided("dora", history.decided[2].request)


def _keep_another_decision(history: History) -> None:
    history.ended[TASK].reviews[0].reviewer = "dora"


def _follow_another_decision(history: History) -> None:
    history.logs[TASK][3].state_change.reason = "REVIEW_EXPIRED"


def _show_a_stage_without_review(history: History) -> None:
    history.logs[TASK][1].state_change.state = task_pb2.TASK_STATE_AWAITING_REVIEW


def _decide_on_what_was_not_shown(history: History) -> None:
    history.decided[0].request.sequence = 4


def _expire_early(history: History) -> None:
    task, log = history.ended[TASK], history.logs[TASK]
    task.timeouts.review_timeout.FromSeconds(1)
    task.reviews[0].decision = review_pb2.REVIEW_DECISION_EXPIRED
    task.reviews[0].decide_time.FromMilliseconds(999)
    log[3].state_change.reason = "REVIEW_EXPIRED"
    history.decided.clear()


def _hand_on_the_file_that_was_replaced(history: History) -> None:
    history.ended[TASK].result.Pack(_made(accepted={"slice-1.png": "0" * 64}))


def test_a_good_history_has_no_violation() -> None:
    assert list(check_reviews(_good())) == []


@pytest.mark.parametrize(
    "breach",
    [
        _take_two_decisions,
        _keep_another_decision,
        _follow_another_decision,
        _show_a_stage_without_review,
        _decide_on_what_was_not_shown,
        _expire_early,
        _hand_on_the_file_that_was_replaced,
    ],
)
def test_each_breach_is_told(breach: Callable[[History], None]) -> None:
    history = _good()
    breach(history)
    assert {violation.promise for violation in check_reviews(history)} == {"one decision"}


def test_a_stage_of_another_attempt_than_the_reviewed_one_is_told() -> None:
    history = _good()
    history.ended[TASK].result.Pack(_made(stage_attempt=7))
    assert [violation.promise for violation in check_reviews(history)] == ["one result"]
