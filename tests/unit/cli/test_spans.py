"""Spans of time as people type them."""

from datetime import timedelta

import pytest

from radmesh.cli.spans import parse_span


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("30m", 1800), ("1h30m", 5400), ("2d", 172_800), ("1d1h1m1s", 90_061)],
)
def test_a_span_is_read(text: str, seconds: int) -> None:
    assert parse_span(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "30", "m", "0m", "-5m", "1m2h", "1.5h", "30 m", "9" * 40 + "s"])
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="such as 90s"):
        parse_span(text)
