"""Which files tasks need."""

import pytest

from radmesh.tasks.v1.task_pb2 import Artifact
from services.tasks.sweep.rules import TaskFiles, artifact_is_needed, image_of, task_of

MASK = Artifact(file_name="mask.png").SerializeToString()


@pytest.mark.parametrize("attempt", [1, 2, 3])
def test_a_task_that_has_not_ended_needs_the_files_of_every_attempt(attempt: int) -> None:
    assert artifact_is_needed(f"artifacts/t/{attempt}/mask.png", {"t": TaskFiles(ended=False)})


def test_a_task_that_ended_needs_the_files_of_the_attempt_that_won_only() -> None:
    known = {"t": TaskFiles.of_ended(2, [MASK])}
    assert artifact_is_needed("artifacts/t/2/mask.png", known)
    assert not artifact_is_needed("artifacts/t/1/mask.png", known)


def test_the_accepted_stages_of_earlier_attempts_are_needed_as_well() -> None:
    """A reviewed task: attempt 1 was lost, 2 did the first stage, 3 was lost, 4 did the second one."""
    wrote = {2: "mask.png", 4: "report.json"}
    artifacts = [
        Artifact(file_name=name, attempt=attempt).SerializeToString() for attempt, name in wrote.items()
    ]
    known = {"t": TaskFiles.of_ended(4, artifacts)}
    needed = [attempt for attempt in range(1, 6) if artifact_is_needed(f"artifacts/t/{attempt}/x", known)]
    assert needed == [2, 4]


def test_a_task_that_ended_without_artifacts_needs_no_files() -> None:
    assert not artifact_is_needed("artifacts/t/1/mask.png", {"t": TaskFiles.of_ended(1, [])})


def test_a_record_that_cannot_be_read_keeps_everything() -> None:
    known = {"t": TaskFiles.of_ended(2, [b"\xff"])}
    assert artifact_is_needed("artifacts/t/1/mask.png", known)


@pytest.mark.parametrize(
    "key",
    ["artifacts/other/1/mask.png", "artifacts/t", "artifacts/t/x/mask.png", "artifacts/t/1/a/mask.png"],
)
def test_nobody_needs_what_is_no_artifact_of_a_task(key: str) -> None:
    assert not artifact_is_needed(key, {"t": TaskFiles(ended=False)})


def test_keys_name_images_and_tasks() -> None:
    sha256 = "0a" * 32
    assert image_of(f"images/{sha256}") == sha256
    assert task_of("artifacts/t/1/mask.png") == task_of("artifacts/t/1") == "t"
    for key in (f"images/{sha256}0", f"images/{sha256.upper()}", "images/x/y", f"artifacts/{sha256}"):
        assert image_of(key) is None
    for key in ("artifacts/t", "artifacts/t/0/x", "images/t/1/x", "weights/t/1/x"):
        assert task_of(key) is None
