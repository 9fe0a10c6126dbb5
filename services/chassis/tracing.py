"""Which request a piece of work belongs to, across processes: W3C Trace Context, level 1.

Only ids travel, in the metadata key `traceparent` and in the logs. Nothing here collects spans.
"""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

TRACEPARENT_KEY = "traceparent"
_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")


@dataclass(frozen=True, slots=True)
class Trace:
    """A place in a trace: its id, the id of the span that runs, and the flags (01: sampled)."""

    trace_id: str
    span_id: str
    flags: str = "01"

    def traceparent(self) -> str:
        """The value of the metadata key."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"


_current: ContextVar[Trace | None] = ContextVar("radmesh_trace", default=None)


def current() -> Trace | None:
    """The trace of the work that runs; None outside of calls."""
    return _current.get()


def traceparent() -> str:
    """The `traceparent` to keep or to hand on for the work that runs; empty when there is none."""
    trace = _current.get()
    return trace.traceparent() if trace else ""


def begin(value: str | None) -> Trace:
    """A new span of the trace that `value` names, or of a new trace when it is none or cannot be read."""
    parent = parse(value) if value else None
    span_id = secrets.token_hex(8)
    if parent is None:
        return Trace(secrets.token_hex(16), span_id)
    return Trace(parent.trace_id, span_id, parent.flags)


def enter(trace: Trace) -> None:
    """Makes a trace the current one for the rest of this asyncio task."""
    _current.set(trace)


@contextmanager
def within(value: str | None) -> Iterator[Trace]:
    """Runs a block in a new span of the trace that a `traceparent` names: a task's, on its worker."""
    trace = begin(value)
    token = _current.set(trace)
    try:
        yield trace
    finally:
        _current.reset(token)


def parse(value: str) -> Trace | None:
    """Reads a `traceparent`; None when it breaks the standard, which asks to start a new trace then."""
    match = _TRACEPARENT.fullmatch(value)
    if match is None or (match[4] and value.startswith("00")):
        return None
    if not match[1].strip("0") or not match[2].strip("0"):
        return None
    return Trace(match[1], match[2], match[3])
