"""Reads how an attempt ended from what its worker says; a report that breaks a rule becomes a failure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from google.protobuf import any_pb2

from radmesh import names
from radmesh.errors import NumericCode
from radmesh.tasks.v1 import task_pb2, worker_service_pb2

MAX_RESULT_BYTES = 256 << 10
MAX_ARTIFACTS = 1000
MAX_ARTIFACT_BYTES = 4096
MAX_MESSAGE_CHARACTERS = 2000
MAX_METADATA = 32
MAX_METADATA_CHARACTERS = 500
_REASON = re.compile(r"[A-Z][A-Z0-9_]{0,62}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Outcome:
    """Exactly one of result, stage_result, error, cancelled and released, in the stored form.

    artifacts and their file_names come with the first two.
    """

    result: bytes = b""
    stage_result: bytes = b""
    error: bytes = b""
    artifacts: tuple[bytes, ...] = ()
    file_names: tuple[str, ...] = ()
    cancelled: bool = False
    released: str = ""


def read_outcome(outcome: worker_service_pb2.WorkerOutcome) -> Outcome:
    """The outcome to keep."""
    kind = outcome.WhichOneof("outcome")
    if kind == "cancelled":
        return Outcome(cancelled=True)
    if kind == "released":
        reason = outcome.released.reason
        return Outcome(released=reason if _REASON.fullmatch(reason) else "RELEASED")
    if kind == "error":
        return Outcome(error=_stored_error(outcome.error))
    result = outcome.stage_finished.stage_result if kind == "stage_finished" else outcome.result
    problem = _result_problem(result) or _artifact_problem(outcome.lease.task, outcome.artifacts)
    if problem:
        return Outcome(
            error=_stored_error(
                task_pb2.TaskError(
                    code=NumericCode.INFERENCE_FAILED, reason="INVALID_OUTCOME", message=problem
                )
            )
        )
    stored = result.SerializeToString(deterministic=True)
    return Outcome(
        result=stored if kind == "result" else b"",
        stage_result=stored if kind == "stage_finished" else b"",
        artifacts=tuple(_stored_artifact(one, outcome.lease.attempt) for one in outcome.artifacts),
        file_names=tuple(one.file_name for one in outcome.artifacts),
    )


def _result_problem(result: any_pb2.Any) -> str:
    if not result.type_url:
        return "The worker ended the attempt without saying how."
    if result.ByteSize() > MAX_RESULT_BYTES:
        return f"The result has more than {MAX_RESULT_BYTES} bytes."
    return ""


def _stored_artifact(artifact: task_pb2.Artifact, attempt: int) -> bytes:
    # Where the file lies is not the worker's to say.
    artifact.attempt = attempt
    return artifact.SerializeToString(deterministic=True)


def _artifact_problem(task: str, artifacts: Sequence[task_pb2.Artifact]) -> str:
    if len(artifacts) > MAX_ARTIFACTS:
        return f"The attempt wrote more than {MAX_ARTIFACTS} artifacts."
    seen: set[str] = set()
    for artifact in artifacts:
        found = names.parse("artifacts", artifact.name)
        if found is None or artifact.name != f"{task}/artifacts/{artifact.file_name}":
            return "An artifact is not named after its task and file."
        if artifact.name in seen:
            return f"Artifact {artifact.file_name} stands twice."
        if artifact.ByteSize() > MAX_ARTIFACT_BYTES:
            return (
                f"The description of artifact {artifact.file_name} has more than {MAX_ARTIFACT_BYTES} bytes."
            )
        if artifact.size_bytes < 0 or not _SHA256.fullmatch(artifact.sha256):
            return f"Artifact {artifact.file_name} lacks its length or SHA-256."
        seen.add(artifact.name)
    return ""


def _stored_error(error: task_pb2.TaskError) -> bytes:
    kept = task_pb2.TaskError()
    kept.CopyFrom(error)
    if not _REASON.fullmatch(kept.reason):
        kept.reason = "INFERENCE_FAILED"
    kept.message = kept.message[:MAX_MESSAGE_CHARACTERS]
    kept.metadata.clear()
    # A task and its events must fit into one message, whatever a worker says.
    for key, value in sorted(error.metadata.items())[:MAX_METADATA]:
        kept.metadata[key[:MAX_METADATA_CHARACTERS]] = value[:MAX_METADATA_CHARACTERS]
    kept.DiscardUnknownFields()
    return kept.SerializeToString(deterministic=True)
