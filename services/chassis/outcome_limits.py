"""What the outcome of an attempt may hold: a worker looks before it sends one, and `tasks` when it comes."""

import re
from collections.abc import Sequence

from google.protobuf import any_pb2

from radmesh.errors import InferenceError
from radmesh.tasks.v1 import task_pb2

MAX_RESULT_BYTES = 256 << 10
MAX_ARTIFACTS = 1000
# Of messages that go together: one over gRPC's 4 MiB ends the stream, and all of it is said again.
MAX_TOGETHER_BYTES = 3 << 20
# With result and names below gRPC's 4 MiB: a longer message ends the stream, and the worker would connect
# and send it again, for ever.
MAX_DESCRIPTIONS_BYTES = 2 << 20
MAX_MESSAGE_CHARACTERS = 2000
MAX_METADATA = 32
MAX_METADATA_CHARACTERS = 500
_REASON = re.compile(r"[A-Z][A-Z0-9_]{0,62}")


def is_reason(text: str) -> bool:
    """Whether a worker's reason can be kept as it is."""
    return _REASON.fullmatch(text) is not None


def check_result(result: any_pb2.Any) -> None:
    """Raises InferenceError (RESULT_TOO_LARGE) for a result, or a stage's, over the limit."""
    size = result.ByteSize()
    if size > MAX_RESULT_BYTES:
        raise InferenceError(
            f"The result has {size} bytes; the limit is {MAX_RESULT_BYTES}, 256 KiB. "
            "What is longer belongs into an artifact.",
            reason="RESULT_TOO_LARGE",
            metadata={"size_bytes": str(size), "limit_bytes": str(MAX_RESULT_BYTES)},
        )


def check_artifacts(artifacts: Sequence[task_pb2.Artifact]) -> None:
    """Raises InferenceError (INVALID_OUTCOME) for more artifacts than one message can describe."""
    if len(artifacts) > MAX_ARTIFACTS:
        raise InferenceError(
            f"The attempt wrote {len(artifacts)} artifacts; the limit is {MAX_ARTIFACTS}.",
            reason="INVALID_OUTCOME",
        )
    size = sum(artifact.ByteSize() for artifact in artifacts)
    if size > MAX_DESCRIPTIONS_BYTES:
        raise InferenceError(
            f"The artifacts' descriptions have {size} bytes; the limit is {MAX_DESCRIPTIONS_BYTES}, 2 MiB.",
            reason="INVALID_OUTCOME",
        )


def bounded_error(error: task_pb2.TaskError) -> task_pb2.TaskError:
    """An error within its limits: a task and its events must fit into one message, whatever a model says."""
    kept = task_pb2.TaskError(code=error.code, retryable=error.retryable)
    kept.reason = error.reason if is_reason(error.reason) else "INFERENCE_FAILED"
    kept.message = error.message[:MAX_MESSAGE_CHARACTERS]
    for key, value in sorted(error.metadata.items())[:MAX_METADATA]:
        kept.metadata[key[:MAX_METADATA_CHARACTERS]] = value[:MAX_METADATA_CHARACTERS]
    return kept
