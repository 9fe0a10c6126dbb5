"""Reads `--not-before`, `--label` and `--priority`. Pure."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from radmesh.errors import InvalidRequestError, Violation
from radmesh.tasks.v1 import task_pb2

_AHEAD = re.compile(r"\+(\d{1,6})(s|m|h|d)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class PriorityName(StrEnum):
    """How `--priority` is written."""

    STAT = "stat"
    URGENT = "urgent"
    ROUTINE = "routine"
    BATCH = "batch"

    @property
    def number(self) -> task_pb2.TaskPriority:
        """The priority of the contract."""
        found: task_pb2.TaskPriority = getattr(task_pb2, f"TASK_PRIORITY_{self.name}")
        return found


def read_not_before(text: str, now: datetime) -> datetime | None:
    """The time that a text says: `+90m`, or a date and time, local unless it has a zone; None when empty.

    now: with its zone. Raises InvalidRequestError.
    """
    if not text:
        return None
    ahead = _AHEAD.fullmatch(text)
    try:
        if ahead:
            return now + timedelta(**{_UNITS[ahead[2]]: int(ahead[1])})
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError):
        rule = f"write it as 2026-01-31T22:00, 2026-01-31T22:00:00Z or +90m, not '{text}'"
        raise InvalidRequestError([Violation("--not-before", rule)]) from None


def read_labels(pairs: Sequence[str]) -> Mapping[str, str]:
    """Labels by name. Raises InvalidRequestError that names every pair at fault."""
    labels: dict[str, str] = {}
    violations = []
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            violations.append(Violation(f"--label {name}", "write it as name=value"))
        elif name in labels:
            violations.append(Violation(f"--label {name}", "given twice"))
        labels[name] = value
    if violations:
        raise InvalidRequestError(violations)
    return labels
