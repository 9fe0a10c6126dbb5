"""How times, labels and places in the queue are written and read at a command line."""

from datetime import UTC, datetime, timedelta

import pytest

from radmesh.cli import lines
from radmesh.cli.submission import PriorityName, read_labels, read_not_before
from radmesh.errors import InvalidRequestError
from radmesh.tasks.v1 import task_pb2

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "ahead"),
    [
        ("+90m", timedelta(minutes=90)),
        ("+2d", timedelta(days=2)),
        ("2026-01-31T22:00:00Z", timedelta(hours=10)),
        ("2026-01-31T22:00+01:00", timedelta(hours=9)),
    ],
)
def test_a_time_is_a_span_ahead_or_a_date(text: str, ahead: timedelta) -> None:
    assert read_not_before(text, NOW) == NOW + ahead


def test_a_time_without_a_zone_is_local_and_none_is_at_once() -> None:
    assert read_not_before("2026-01-31T22:00", NOW) == datetime(2026, 1, 31, 22).astimezone()
    assert read_not_before("", NOW) is None


@pytest.mark.parametrize("text", ["tomorrow", "+2y", "22:00", "+", "9999999", "+999999d" * 2])
def test_a_time_that_is_none_says_how_to_write_one(text: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        read_not_before(text, NOW)
    assert "+90m" in refused.value.violations[0].description


def test_labels_are_pairs_each_once() -> None:
    assert read_labels(["ward=west", "note=a=b", "empty="]) == {"ward": "west", "note": "a=b", "empty": ""}
    with pytest.raises(InvalidRequestError) as refused:
        read_labels(["ward", "a=1", "a=2"])
    assert [one.field for one in refused.value.violations] == ["--label ward", "--label a"]


def test_every_priority_has_its_number() -> None:
    assert PriorityName("stat").number == task_pb2.TASK_PRIORITY_STAT
    assert len({one.number for one in PriorityName}) == 4


def test_a_place_reads_with_the_time_left_where_it_is_known() -> None:
    task = task_pb2.Task(state=task_pb2.TASK_STATE_QUEUED)
    assert lines.task_text(task) == "queued"
    task.queue_position = 3
    assert lines.task_text(task) == "queued, place 3"
    task.eta.FromSeconds(130)
    assert lines.task_text(task) == "queued, place 3, about 2 min 10 s left"
    task.state = task_pb2.TASK_STATE_RUNNING
    assert lines.task_text(task) == "running"
