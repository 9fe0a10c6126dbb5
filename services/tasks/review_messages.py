"""Turns reviews into messages: for clients, and for the worker of the next stage."""

from google.protobuf import json_format

from radmesh.tasks.v1 import review_pb2, task_pb2, worker_service_pb2
from services.tasks.lifecycle import State
from services.tasks.records import Grant, TaskRecord
from services.tasks.reviews import ReviewRecord, replacements_in_force


def add_reviews(task: task_pb2.Task, record: TaskRecord) -> None:
    """Adds a task's reviews to its message."""
    for review in record.reviews:
        task.reviews.append(_review(task.name, review))
    if record.stage_result:
        # Once, however often it was shown: the reviews have to fit into one message.
        task.reviews[-1].stage_result.MergeFromString(record.stage_result)
    if record.state is State.AWAITING_REVIEW:
        task.reviews[-1].expire_time.FromDatetime(record.reviews[-1].expire_time)


def add_accepted_stage(assignment: worker_service_pb2.Assignment, grant: Grant) -> None:
    """Adds what the stages before left to the assignment of the next one."""
    stage = assignment.accepted_stage
    stage.stage_result.MergeFromString(grant.stage_result)
    for artifact in grant.artifacts:
        stage.artifacts.add().MergeFromString(artifact)
    for one in replacements_in_force(grant.reviews):
        replacement = stage.replacements.add(artifact=_artifact_name(assignment.lease.task, one.file_name))
        replacement.image.name = f"images/{one.image}"
        replacement.image.size_bytes, replacement.image.media_type = one.size_bytes, one.media_type


def _review(task: str, record: ReviewRecord) -> review_pb2.TaskReview:
    review = review_pb2.TaskReview(
        stage=record.stage,
        attempt=record.attempt,
        sequence=record.sequence,
        decision=review_pb2.ReviewDecision.Name(record.decision),
        reviewer=record.reviewer,
        reason=record.reason,
        replacements=[
            review_pb2.ArtifactReplacement(
                artifact=_artifact_name(task, one.file_name), image=f"images/{one.image}"
            )
            for one in record.replacements
        ],
    )
    json_format.Parse(record.parameters_json, review.parameters)
    review.open_time.FromDatetime(record.open_time)
    if record.decide_time is not None:
        review.decide_time.FromDatetime(record.decide_time)
    if (refused := record.refused) is not None:
        why = review_pb2.RefusedAnswer(
            reason=refused.reason, message=refused.message, metadata=refused.metadata
        )
        review.refused_answer.CopyFrom(why)
    return review


def _artifact_name(task: str, file_name: str) -> str:
    return f"{task}/artifacts/{file_name}"
