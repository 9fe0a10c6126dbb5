"""W3C Trace Context, level 1, section 3.2: what is read, and what starts a new trace."""

import pytest

from services.chassis import tracing

GOOD = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_a_traceparent_is_read_and_written() -> None:
    trace = tracing.parse(GOOD)
    assert trace is not None
    assert trace.traceparent() == GOOD


@pytest.mark.parametrize(
    "value",
    [
        "",
        "00-" + "0" * 32 + "-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-" + "0" * 16 + "-01",
        GOOD.upper(),
        "ff" + GOOD[2:],
        GOOD + "-more",
        GOOD[:-1],
        GOOD + "\n",
        " " + GOOD,
    ],
)
def test_a_broken_one_starts_a_new_trace(value: str) -> None:
    assert tracing.parse(value) is None
    assert tracing.begin(value).trace_id != tracing.begin(value).trace_id


def test_a_later_version_may_say_more() -> None:
    assert tracing.parse("01" + GOOD[2:] + "-more") == tracing.parse(GOOD)


def test_a_block_runs_in_a_span_of_its_own() -> None:
    assert tracing.traceparent() == ""
    with tracing.within(GOOD) as trace:
        assert tracing.current() is trace
        assert tracing.traceparent().startswith(GOOD[:36])
        assert tracing.traceparent() != GOOD
    assert tracing.current() is None
