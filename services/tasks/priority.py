"""How urgent tasks are, and the order in which their head starts put them. Pure."""

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType


class Priority(IntEnum):
    """How urgent a task is, numbered as `radmesh.tasks.v1.TaskPriority`, the most urgent first."""

    STAT = 1
    URGENT = 2
    ROUTINE = 3
    BATCH = 4


HEAD_STARTS: Mapping[Priority, float] = MappingProxyType(
    {
        Priority.STAT: 7 * 86_400.0,
        Priority.URGENT: 3_600.0,
        Priority.ROUTINE: 0.0,
        Priority.BATCH: -3_600.0,
    }
)
"""Seconds by which each is ahead of its time, unless an operator sets others."""


def ready_score(ready_ms: int, head_start: float) -> int:
    """The place in the queue; the lowest is first. `lua/moves.lua` computes the same.

    It never changes while a task waits, and time goes on: whatever came a head start later stands behind, so
    that nobody starves and nothing has to be scanned again.

    ready_ms: when the task became ready for the first time, in milliseconds. head_start: seconds.
    """
    return ready_ms - round(head_start * 1000)
