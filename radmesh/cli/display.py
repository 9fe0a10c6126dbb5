"""Shows how tasks go: bars on a terminal, lines or JSON otherwise."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console

from radmesh import errors
from radmesh.cli import consoles, lines, rows
from radmesh.cli.sending import upload_words
from radmesh.cli.sparing import SparingProgress
from radmesh.client import UploadProgress, WatchMessage
from radmesh.tasks.v1 import task_pb2


class Display(Protocol):
    """Is told what happens to each input, by its label; a context manager that is open meanwhile."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def uploading(self, label: str) -> None:
        """The images are on their way."""

    def sent(self, label: str, progress: UploadProgress) -> None:
        """So much of an image was read or sent."""

    def created(self, label: str, task: task_pb2.Task) -> None:
        """The task exists."""

    def found(self, label: str, task: task_pb2.Task, why: str) -> None:
        """Another task is active and stands for this one; why: what both have in common."""

    def told(self, label: str, message: WatchMessage) -> None:
        """A message of the watch came."""

    def review_due(self, label: str, command: str) -> None:
        """A person has to decide before it goes on; the command shows what on."""

    def ended(self, label: str, task: task_pb2.Task, files: Mapping[str, Path]) -> None:
        """The task ended, and its artifacts were saved."""

    def refused(self, label: str, error: errors.RadmeshError) -> None:
        """There is no task, for this reason."""


class LineDisplay:
    """Prints a line for each thing that changes; for logs and pipes."""

    def __init__(self, console: Console, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._last: dict[str, str] = {}
        self._progress = SparingProgress(clock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def uploading(self, label: str) -> None:
        """The images are on their way."""
        self._say(label, "uploading")

    def sent(self, label: str, progress: UploadProgress) -> None:
        """So much of an image was read or sent."""
        self._say(label, upload_words(progress, step=0.1))

    def created(self, label: str, task: task_pb2.Task) -> None:
        """The task exists."""
        self._say(label, f"created {task.name}")

    def found(self, label: str, task: task_pb2.Task, why: str) -> None:
        """Another task is active and stands for this one; why: what both have in common."""
        self._say(label, f"no new task: {task.name} is active with {why}")

    def told(self, label: str, message: WatchMessage) -> None:
        """A message of the watch came."""
        if message.HasField("progress"):
            for line in self._progress.heard(label, message.progress):
                self._print(label, line)
        elif words := lines.message_line(message):
            self._say(label, words)

    def review_due(self, label: str, command: str) -> None:
        """A person has to decide before it goes on; the command shows what on."""
        self._say(label, f"look and decide with: {command}")

    def ended(self, label: str, task: task_pb2.Task, files: Mapping[str, Path]) -> None:
        """The task ended, and its artifacts were saved."""
        self._say(label, f"{rows.state_name(task.state).lower()} in {lines.took(task)}")
        for name, value in lines.result_lines(task):
            self._say(label, f"{name} {value}")
        for path in files.values():
            self._say(label, f"saved {path}")

    def refused(self, label: str, error: errors.RadmeshError) -> None:
        """There is no task, for this reason."""
        self._say(label, f"refused: {error.message} ({error.reason})")

    def _say(self, label: str, text: str) -> None:
        for line in self._progress.rest(label):
            self._print(label, line)
        self._print(label, text)

    def _print(self, label: str, text: str) -> None:
        if self._last.get(label) != text:
            self._last[label] = text
            # One line, whatever a header holds: a value must not look like a line of ours.
            line = " ".join(f"{label}: {text}".splitlines())
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)


class JsonDisplay:
    """Prints one object for each task that ended or was refused."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def uploading(self, label: str) -> None:
        """Tells programs nothing."""

    def sent(self, label: str, progress: UploadProgress) -> None:
        """Tells programs nothing."""

    def created(self, label: str, task: task_pb2.Task) -> None:
        """Tells programs nothing yet."""

    def found(self, label: str, task: task_pb2.Task, why: str) -> None:
        """Tells programs nothing: the name of the task does."""

    def told(self, label: str, message: WatchMessage) -> None:
        """Tells programs nothing; `radmesh watch --json` does."""

    def review_due(self, label: str, command: str) -> None:
        """Tells people: a program that waits would do so in silence."""
        consoles.stderr().print(f"{label}: awaits a review: {command}", markup=False, soft_wrap=True)

    def ended(self, label: str, task: task_pb2.Task, files: Mapping[str, Path]) -> None:
        """The task ended, and its artifacts were saved."""
        rows.emit({"input": label, **rows.task_row(task, files)})

    def refused(self, label: str, error: errors.RadmeshError) -> None:
        """There is no task, for this reason."""
        nothing = {"name": None, "state": None, "result": None}
        rows.emit({"input": label, **nothing, "error": rows.error_row(error), "artifacts": []})


def display_for(
    bars: Callable[[Console], Display],
    *,
    as_json: bool = False,
    detach: bool = False,
    console: Console | None = None,
) -> Display:
    """Objects for programs, bars on a terminal, lines anywhere else.

    detach: whether stdout is for the names of tasks only. console: where else is written while bars are
    shown; what goes to another one is written into them.
    """
    console = console or consoles.stdout()
    if as_json:
        return JsonDisplay()
    if detach:
        return LineDisplay(consoles.stderr())
    return bars(console) if console.is_terminal else LineDisplay(console)
