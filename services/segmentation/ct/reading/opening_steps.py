"""What the opening of an upload tells while it goes on."""

from collections.abc import Callable
from dataclasses import dataclass

Step = Callable[[int, int], None]
"""Takes what is done and what there is in all. What it raises ends the opening: so a cancel gets through."""


def _silent(done: int, total: int) -> None:
    """For whoever does not want to know."""


@dataclass(frozen=True)
class OpeningSteps:
    """unpacked: bytes of a compressed archive or volume. read: files of which the header is read."""

    unpacked: Step = _silent
    read: Step = _silent
