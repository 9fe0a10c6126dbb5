"""How progress and results read in a line."""

from typing import Any

import pytest
from google.protobuf import duration_pb2

from radmesh.cli import lines
from radmesh.client import WatchMessage
from radmesh.segmentation.v1 import ct_l3_pb2, octa_pb2
from radmesh.tasks.v1 import task_pb2


def test_progress_tells_stage_units_share_and_time_left() -> None:
    progress = task_pb2.TaskProgress(
        stage="inference",
        units_done=3,
        units_total=10,
        unit="tiles",
        fraction=0.3,
        eta=duration_pb2.Duration(seconds=65),
    )
    assert lines.progress_text(progress) == "inference 3/10 tiles, 30%, 1 min 05 s left"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.04, "0.0 s"), (9.94, "9.9 s"), (42.4, "42 s"), (185, "3 min 05 s")]
)
def test_spans_read_like_people_say_them(seconds: float, text: str) -> None:
    assert lines.duration_text(seconds) == text


def test_a_lost_attempt_says_why_it_runs_again() -> None:
    change = task_pb2.TaskStateChange(state=task_pb2.TASK_STATE_QUEUED, reason="LEASE_EXPIRED")
    assert lines.change_text(change, 1) == "queued again: lease expired"


def test_a_failure_says_its_message_and_reason() -> None:
    error = task_pb2.TaskError(reason="INFERENCE_FAILED", message="Out of memory.")
    change = task_pb2.TaskStateChange(state=task_pb2.TASK_STATE_FAILED, error=error)
    assert lines.change_text(change, 1) == "failed: Out of memory. (INFERENCE_FAILED)"


def test_an_idle_bookmark_says_nothing() -> None:
    assert lines.message_line(WatchMessage(bookmark=task_pb2.TaskBookmark(sequence=3))) is None
    queued = WatchMessage(bookmark=task_pb2.TaskBookmark(sequence=1, queue_position=4))
    assert lines.message_line(queued) == "queued, place 4"


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        (
            {"queue_position": 4, "pause_reason": "MR"},
            "queued, place 4: its pipeline is paused (MR)",
        ),
        ({"queue_position": 4}, "queued, place 4: its pipeline is paused"),
        ({}, "queued: its pipeline is paused"),
    ],
)
def test_who_waits_for_a_paused_pipeline_is_told_so(fields: dict[str, Any], text: str) -> None:
    bookmark = task_pb2.TaskBookmark(pipeline_paused=True, **fields)
    assert lines.message_line(WatchMessage(bookmark=bookmark)) == text
    task = task_pb2.Task(state=task_pb2.TASK_STATE_QUEUED, pipeline_paused=True, **fields)
    assert lines.task_text(task) == text


def test_a_result_reads_field_by_field() -> None:
    task = task_pb2.Task()
    task.result.Pack(octa_pb2.OctaVesselsResult(vessel_area_fraction=0.123456, device="cpu", rows=320))
    read = dict(lines.result_lines(task))
    assert read["vessel_area_fraction"] == "0.1235"
    assert (read["device"], read["rows"], read["demonstrator"]) == ("cpu", "320", "no")
    assert "weights" not in read, "what is empty says nothing"


def test_a_figure_keeps_its_digits_and_what_is_empty_is_left_out() -> None:
    task = task_pb2.Task()
    result = ct_l3_pb2.CtL3Result(acquisition={"kernel": "B30f", "tube_kvp": 120.0})
    result.headline.tissues.skeletal_muscle.area_mm2 = 15123.4
    result.headline.tissues.skeletal_muscle.mean_hu = 999.84
    result.headline.tissues.visceral_fat.area_mm2 = -1234567.8
    task.result.Pack(result)
    read = dict(lines.result_lines(task))
    assert "acquisition.contrast_agent" not in read
    assert (read["acquisition.kernel"], read["acquisition.tube_kvp"]) == ("B30f", "120")
    printed = str(read)
    for figure in ("area_mm2 15123", "mean_hu 999.8", "area_mm2 -1234568"):
        assert figure in printed


@pytest.mark.parametrize(
    ("state", "reason", "text"),
    [
        (task_pb2.TASK_STATE_AWAITING_REVIEW, "REVIEW_REQUESTED", "awaiting review: see `radmesh review`"),
        (
            task_pb2.TASK_STATE_AWAITING_REVIEW,
            "ANSWER_REFUSED",
            "awaiting review again, as the answer could not be used: see `radmesh review`",
        ),
        (task_pb2.TASK_STATE_QUEUED, "REVIEW_ACCEPTED", "queued for the next stage: review accepted"),
        (task_pb2.TASK_STATE_QUEUED, "LEASE_EXPIRED", "queued again: lease expired"),
    ],
)
def test_a_change_of_state_says_what_follows(state: task_pb2.TaskState, reason: str, text: str) -> None:
    assert lines.change_text(task_pb2.TaskStateChange(state=state, reason=reason), 1) == text
