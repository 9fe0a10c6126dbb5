"""What must hold of reviews, whatever was broken: one decision each, and the next stage gets it."""

from collections.abc import Iterator, Sequence
from typing import Any

from google.protobuf import struct_pb2

from radmesh.tasks.v1 import review_pb2, task_pb2
from services.tasks.lifecycle import State
from tests.chaos.history import Decided, History, Violation

_NAME = "one decision"
_REASONS = {
    review_pb2.REVIEW_DECISION_ACCEPTED: "REVIEW_ACCEPTED",
    review_pb2.REVIEW_DECISION_REJECTED: "REVIEW_REJECTED",
    review_pb2.REVIEW_DECISION_EXPIRED: "REVIEW_EXPIRED",
    review_pb2.REVIEW_DECISION_UNSPECIFIED: "CANCEL_REQUESTED",
}


def check_reviews(history: History) -> Iterator[Violation]:
    """Every violation of what is promised of reviews."""
    decided: dict[tuple[str, int], list[Decided]] = {}
    for one in history.decided:
        if not one.refused:
            decided.setdefault((one.request.name, one.request.sequence), []).append(one)
    for task, ended in history.ended.items():
        log = history.logs.get(task)
        if not log:
            continue
        shown = [event.sequence for event in log if State(event.state_change.state) is State.AWAITING_REVIEW]
        if [review.sequence for review in ended.reviews] != shown:
            kept = [review.sequence for review in ended.reviews]
            yield Violation(_NAME, task, f"stages were shown at {shown}, it has reviews of {kept}")
            continue
        for review in ended.reviews:
            yield from _agrees_with_the_log(task, review, log)
            yield from _agrees_with_answers(task, review, decided.pop((task, review.sequence), []))
            yield from _not_early(task, review, ended)
        yield from _next_stage_got_it(ended)
    for task, sequence in decided:
        if task in history.ended:
            yield Violation(_NAME, task, f"an answer tells of a decision on {sequence}, which has no review")


def _agrees_with_the_log(
    task: str, review: review_pb2.TaskReview, log: Sequence[task_pb2.TaskEvent]
) -> Iterator[Violation]:
    """What follows in the log is what was decided; reviews of tasks that end undecided were cancelled."""
    follows = log[review.sequence].state_change.reason if review.sequence < len(log) else ""
    if follows != _REASONS[review.decision]:
        what = f"review {review.sequence} is {_decision(review)}, followed by {follows or 'nothing'}"
        yield Violation(_NAME, task, what)


def _agrees_with_answers(
    task: str, review: review_pb2.TaskReview, answers: Sequence[Decided]
) -> Iterator[Violation]:
    """Who was told that the decision was taken is the one whose decision is kept."""
    for one in answers:
        asked = one.request
        kept = (review.reviewer, review.decision, review.reason, list(review.replacements))
        if (one.reviewer, asked.decision, asked.reason, list(asked.replacements)) != kept:
            what = f"{one.reviewer}'s decision was answered as taken, {review.reviewer or 'nobody'}'s is kept"
            yield Violation(_NAME, task, f"review {review.sequence}: {what}")


def _not_early(task: str, review: review_pb2.TaskReview, ended: task_pb2.Task) -> Iterator[Violation]:
    if review.decision != review_pb2.REVIEW_DECISION_EXPIRED:
        return
    waited_ms = review.decide_time.ToMilliseconds() - review.open_time.ToMilliseconds()
    if waited_ms < ended.timeouts.review_timeout.ToMilliseconds():
        yield Violation(_NAME, task, f"review {review.sequence} expired after {waited_ms} ms")


def _next_stage_got_it(ended: task_pb2.Task) -> Iterator[Violation]:
    """The last stage tells what it was given: the attempt of the stage before, and the files as accepted."""
    made = struct_pb2.Struct()
    if not ended.reviews or not ended.HasField("result") or not ended.result.Unpack(made):
        return
    told: dict[str, Any] = dict(made.items())
    last = ended.reviews[-1].attempt
    if told["stage_attempt"] != last:
        what = f"the last stage was given attempt {told['stage_attempt']:g}, {last} was reviewed"
        yield Violation("one result", ended.name, what)
    reviewed = {review.attempt for review in ended.reviews}
    expected = {one.name: one.sha256 for one in ended.artifacts if one.attempt in reviewed}
    for review in (one for one in ended.reviews if not one.HasField("refused_answer")):
        expected |= {one.artifact: one.image.removeprefix("images/") for one in review.replacements}
    given = {f"{ended.name}/artifacts/{name}": digest for name, digest in dict(told["accepted"]).items()}
    if given != expected:
        yield Violation(_NAME, ended.name, f"the last stage was given {given}, {expected} was accepted")


def _decision(review: review_pb2.TaskReview) -> str:
    return review_pb2.ReviewDecision.Name(review.decision).removeprefix("REVIEW_DECISION_")
