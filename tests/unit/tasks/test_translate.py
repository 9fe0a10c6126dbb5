"""Records and messages say the same."""

from datetime import UTC, datetime

import pytest
from google.protobuf import any_pb2, struct_pb2

from radmesh.tasks.v1 import task_pb2, worker_service_pb2
from services.tasks.lifecycle import State
from services.tasks.records import EventRecord, ImageRecord, LeaseKey, TaskRecord
from services.tasks.timeouts import Timeouts
from services.tasks.translate import (
    assignment_message,
    event_message,
    image_message,
    lease_key,
    lease_message,
    task_message,
)
from tests.support.task_records import new_grant

TASK, SHA256 = "a" * 32, "b" * 64
MOMENT = datetime(2026, 1, 31, 12, 0, 0, 500_000, tzinfo=UTC)
ARTIFACT = task_pb2.Artifact(name=f"tasks/{TASK}/artifacts/mask.png", file_name="mask.png", size_bytes=3)
ERROR = task_pb2.TaskError(code=12001, reason="INFERENCE_FAILED", message="no", retryable=True)
PROGRESS = task_pb2.TaskProgress(attempt=2, fraction=0.5)


def result() -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(struct_pb2.Struct())
    return packed


def record(**changes: object) -> TaskRecord:
    fields: dict[str, object] = {
        "task_id": TASK,
        "owner": "local",
        "request_id": "r",
        "fingerprint": "f",
        "pipeline": "octa-vessels",
        "images": (SHA256,),
        "parameters_json": '{"threshold":0.5,"tiles":4,"side":"left","flip":true}',
        "labels": {"ward": "west"},
        "weights": "models/octa/weights/official",
        "weights_digest": "sha256:0",
        "timeouts": Timeouts(queue_ms=60_000, attempt_ms=1_500, progress_ms=750),
        "max_attempts": 3,
        "traceparent": "00-1-2-01",
        "state": State.RUNNING,
        "attempt": 2,
        "sequence": 5,
        "create_time": MOMENT,
        "queue_position": 7,
        "progress": PROGRESS.SerializeToString(),
    }
    return TaskRecord(**{**fields, **changes})  # type: ignore[arg-type]


def test_a_running_task() -> None:
    task = task_message(record())
    assert (task.name, task.pipeline, list(task.images)) == (
        f"tasks/{TASK}",
        "pipelines/octa-vessels",
        [f"images/{SHA256}"],
    )
    assert dict(task.parameters) == {"threshold": 0.5, "tiles": 4, "side": "left", "flip": True}
    assert (dict(task.labels), task.owner, task.queue_position) == ({"ward": "west"}, "local", 7)
    assert (task.state, task.attempt, task.sequence) == (task_pb2.TASK_STATE_RUNNING, 2, 5)
    assert task.create_time.ToDatetime(tzinfo=UTC) == MOMENT
    assert task.progress == PROGRESS
    assert not task.HasField("end_time")
    assert task.WhichOneof("outcome") is None


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [({"result": result().SerializeToString()}, "result"), ({"error": ERROR.SerializeToString()}, "error")],
)
def test_an_ended_task_carries_its_outcome_and_artifacts_but_not_in_lists(
    outcome: dict[str, bytes], kind: str
) -> None:
    ended = record(**outcome, artifacts=(ARTIFACT.SerializeToString(),), end_time=MOMENT, expire_time=MOMENT)
    task = task_message(ended)
    assert task.WhichOneof("outcome") == kind
    assert list(task.artifacts) == [ARTIFACT]
    listed = task_message(ended, listed=True)
    assert listed.WhichOneof("outcome") is None
    assert not listed.artifacts
    assert listed.HasField("end_time")


def test_an_event_is_a_change_of_state_or_an_artifact() -> None:
    change = event_message(
        EventRecord(3, MOMENT, 1, State.FAILED, "ATTEMPT_FAILED", error=ERROR.SerializeToString())
    )
    assert (change.sequence, change.attempt, change.event_time.nanos) == (3, 1, 500_000_000)
    assert (change.state_change.state, change.state_change.reason) == (
        task_pb2.TASK_STATE_FAILED,
        "ATTEMPT_FAILED",
    )
    assert change.state_change.error == ERROR
    succeeded = EventRecord(3, MOMENT, 1, State.SUCCEEDED, "COMPLETED", result=result().SerializeToString())
    assert event_message(succeeded).state_change.result == result()
    file = event_message(EventRecord(4, MOMENT, 1, None, "", artifact=ARTIFACT.SerializeToString()))
    assert file.artifact == ARTIFACT
    assert file.WhichOneof("change") == "artifact"


def test_an_assignment_is_complete() -> None:
    lease = LeaseKey(TASK, 2, "token")
    images = (ImageRecord(SHA256, 10, "image/png"),)
    given = new_grant(
        lease,
        images=images,
        parameters_json='{"threshold":0.5}',
        weights_digest="sha256:0",
        traceparent="00-1-2-01",
        attempt_timeout_ms=1500,
        progress_timeout_ms=750,
    )
    assignment = assignment_message(given)
    assert lease_key(assignment.lease) == lease
    assert assignment.attempt_timeout.ToMilliseconds() == 1500
    assert assignment.progress_timeout.ToMilliseconds() == 750
    assert [(one.name, one.size_bytes, one.media_type) for one in assignment.images] == [
        (f"images/{SHA256}", 10, "image/png")
    ]
    assert (assignment.pipeline, assignment.weights_digest, assignment.traceparent) == (
        "pipelines/octa-vessels",
        "sha256:0",
        "00-1-2-01",
    )
    assert assignment.parameters["threshold"] == 0.5


@pytest.mark.parametrize(
    "changes", [{"task": "x"}, {"task": f"tasks/{TASK}/"}, {"attempt": 0}, {"attempt": -1}, {"token": ""}]
)
def test_what_cannot_be_a_lease_is_none(changes: dict[str, object]) -> None:
    lease = lease_message(LeaseKey(TASK, 1, "token"))
    assert lease_key(lease) is not None
    lease.MergeFrom(worker_service_pb2.Lease(**changes))  # type: ignore[arg-type]
    for field, value in changes.items():
        setattr(lease, field, value)
    assert lease_key(lease) is None


def test_an_image_has_its_times() -> None:
    image = image_message(ImageRecord(SHA256, 10, "image/png", MOMENT, MOMENT))
    assert (image.name, image.size_bytes, image.expire_time.seconds) == (
        f"images/{SHA256}",
        10,
        int(MOMENT.timestamp()),
    )
    assert not image_message(ImageRecord(SHA256, 10, "image/png")).HasField("create_time")
