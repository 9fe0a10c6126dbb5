"""Which of a task's progress is worth a line of a log."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from radmesh.cli import lines
from radmesh.tasks.v1 import task_pb2

_STEPS = 20
_SECONDS = 10.0


@dataclass
class _Said:
    """stage: with its attempt. step: of _STEPS. held: of the stage, what came since and was not said."""

    stage: tuple[int, str]
    step: int
    time: float
    held: str = ""


class SparingProgress:
    """Says a stage's first progress and its last, and in between one for each 5 % and each 10 s."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """clock: seconds, from any beginning."""
        self._clock = clock
        self._said: dict[str, _Said] = {}

    def heard(self, label: str, progress: task_pb2.TaskProgress) -> Iterable[str]:
        """The lines to be said now of the input with this label."""
        text, now = lines.progress_text(progress), self._clock()
        stage, step = (progress.attempt, progress.stage), int(progress.fraction * _STEPS + 1e-6)
        said = self._said.get(label)
        if said and (said.stage, said.step) == (stage, step) and now - said.time < _SECONDS:
            said.held = text
            return
        if said and said.stage != stage:
            yield from self.rest(label)
        self._said[label] = _Said(stage, step, now)
        yield text

    def rest(self, label: str) -> Iterable[str]:
        """What was held back of the input, before anything else is said of it."""
        said = self._said.get(label)
        if said and said.held:
            yield said.held
            said.held = ""
