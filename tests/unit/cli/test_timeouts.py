"""Spans of time on a command line."""

import pytest
import typer

from radmesh.cli.timeouts import read_span
from radmesh.client import task_timeouts


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("90s", 90), ("1.5m", 90), ("2h", 7_200), ("1d", 86_400), ("0", 0), (" 10m ", 600)],
)
def test_a_span_is_a_number_and_a_unit(text: str, seconds: float) -> None:
    assert read_span(text) == seconds


@pytest.mark.parametrize("text", ["", "m", "-1s", "1w", "1h30m", "1e9", "nan", "1 h", "9" * 30, "٣"])
def test_what_is_no_span_is_refused_with_how_to_write_one(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="10m"):
        read_span(text)


def test_what_is_not_asked_for_is_left_to_the_pipeline() -> None:
    asked = task_timeouts(attempt=1.5, progress=0)
    assert asked.attempt_timeout.ToMilliseconds() == 1_500
    assert asked.HasField("progress_timeout")
    assert not asked.progress_timeout.ToMilliseconds()
    assert not asked.HasField("queue_timeout")
