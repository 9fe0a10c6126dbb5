"""Reads how an attempt ended from what its worker says; a report that breaks a rule becomes a failure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from radmesh import names
from radmesh.errors import InferenceError
from radmesh.tasks.v1 import task_pb2, worker_service_pb2
from services.chassis.outcome_limits import bounded_error, check_artifacts, check_result, is_reason
from services.chassis.task_errors import to_task_error

MAX_ARTIFACT_BYTES = 4096
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Outcome:
    """Exactly one of result, stage_result, error, answer_refused, cancelled and released, in the stored form.

    stage_result: a person has to review the stage before the task goes on. error: serialized `TaskError`.
    answer_refused: the same, of what a reviewer gave with the stage before. artifacts: serialized `Artifact`
    each, with one of the first two only; file_names: theirs, needed where there are stages. released: the
    reason. refused: why the worker's own outcome does not count; the error says it too.
    """

    result: bytes = b""
    stage_result: bytes = b""
    error: bytes = b""
    answer_refused: bytes = b""
    artifacts: tuple[bytes, ...] = ()
    file_names: tuple[str, ...] = ()
    cancelled: bool = False
    released: str = ""
    refused: str = ""


def read_outcome(outcome: worker_service_pb2.WorkerOutcome) -> Outcome:
    """The outcome to keep."""
    kind = outcome.WhichOneof("outcome")
    if kind == "cancelled":
        return Outcome(cancelled=True)
    if kind == "released":
        reason = outcome.released.reason
        return Outcome(released=reason if is_reason(reason) else "RELEASED")
    if kind == "error":
        return Outcome(error=_stored_error(outcome.error))
    if kind == "answer_refused":
        return Outcome(answer_refused=_stored_error(outcome.answer_refused.error))
    result = outcome.stage_finished.stage_result if kind == "stage_finished" else outcome.result
    try:
        if not result.type_url:
            raise _invalid("The worker ended the attempt without saying how.")
        check_result(result)
        check_artifacts(outcome.artifacts)
        _check_names(outcome.lease.task, outcome.artifacts)
    except InferenceError as error:
        return refused_outcome(error)
    stored = result.SerializeToString(deterministic=True)
    return Outcome(
        result=stored if kind == "result" else b"",
        stage_result=stored if kind == "stage_finished" else b"",
        artifacts=tuple(_stored_artifact(one, outcome.lease.attempt) for one in outcome.artifacts),
        file_names=tuple(one.file_name for one in outcome.artifacts),
    )


def refused_outcome(error: InferenceError) -> Outcome:
    """The failure that takes the place of an outcome which breaks a rule."""
    return Outcome(error=_stored_error(to_task_error(error)), refused=error.message)


def _invalid(message: str) -> InferenceError:
    return InferenceError(message, reason="INVALID_OUTCOME")


def _stored_artifact(artifact: task_pb2.Artifact, attempt: int) -> bytes:
    # Where the file lies is not the worker's to say.
    artifact.attempt = attempt
    return artifact.SerializeToString(deterministic=True)


def _check_names(task: str, artifacts: Sequence[task_pb2.Artifact]) -> None:
    seen: set[str] = set()
    for artifact in artifacts:
        found = names.parse("artifacts", artifact.name)
        if found is None or artifact.name != f"{task}/artifacts/{artifact.file_name}":
            raise _invalid("An artifact is not named after its task and file.")
        if artifact.name in seen:
            raise _invalid(f"Artifact {artifact.file_name} stands twice.")
        if artifact.ByteSize() > MAX_ARTIFACT_BYTES:
            raise _invalid(
                f"The description of artifact {artifact.file_name} has more than {MAX_ARTIFACT_BYTES} bytes."
            )
        if artifact.size_bytes < 0 or not _SHA256.fullmatch(artifact.sha256):
            raise _invalid(f"Artifact {artifact.file_name} lacks its length or SHA-256.")
        seen.add(artifact.name)


def _stored_error(error: task_pb2.TaskError) -> bytes:
    return bounded_error(error).SerializeToString(deterministic=True)
