"""One progress bar for a whole batch, and a line for each of its troubles."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from radmesh import errors
from radmesh.cli import lines, rows
from radmesh.client import UploadProgress, WatchMessage
from radmesh.tasks.v1 import task_pb2


class BatchBar:
    """See Display. Each input counts once; what one has done so far counts as a part of it."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._states: dict[str, str] = {}
        self._done: dict[str, float] = {}
        self._pause = ""
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[words]}", markup=False),
            console=console,
        )
        self._bar = self._progress.add_task("batch", total=0, words="")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()
        if kind is None:
            self._console.print(self.summary(), markup=False, highlight=False)

    def summary(self) -> str:
        """How many inputs are in which state: `97 succeeded, 3 failed`."""
        counts = Counter(self._states.values())
        return ", ".join(f"{count} {state}" for state, count in counts.most_common()) or "nothing to do"

    def uploading(self, label: str) -> None:
        """The images are on their way."""
        self._set(label, "uploading", 0.0)

    def sent(self, label: str, progress: UploadProgress) -> None:
        """So much of an image was read or sent; a batch shows tasks only."""

    def created(self, label: str, task: task_pb2.Task) -> None:
        """The task exists."""
        self._look(task)
        self._set(label, "queued", 0.0)

    def found(self, label: str, task: task_pb2.Task, why: str) -> None:
        """Another task is active and stands for this one; why: what both have in common."""
        self._console.print(f"{label}: {task.name} is active with {why}", markup=False)

    def told(self, label: str, message: WatchMessage) -> None:
        """A message of the watch came."""
        if message.HasField("snapshot"):
            self._look(message.snapshot.task)
            self._set(label, lines.state_text(message.snapshot.task.state), self._done.get(label, 0.0))
        elif message.HasField("progress"):
            self._set(label, "running", min(message.progress.fraction, 0.99))
        elif message.event.HasField("state_change"):
            if message.event.state_change.state == task_pb2.TASK_STATE_RUNNING:
                self._pause = ""
            state = rows.state_name(message.event.state_change.state).lower()
            self._set(label, state, 0.0)

    def review_due(self, label: str, command: str) -> None:
        """A person has to decide before it goes on; the command shows what on."""
        self._console.print(f"{label}: look and decide with: {command}", markup=False, soft_wrap=True)

    def ended(self, label: str, task: task_pb2.Task, files: Mapping[str, Path]) -> None:
        """The task ended, and its artifacts were saved."""
        self._set(label, rows.state_name(task.state).lower(), 1.0)
        if task.HasField("error"):
            self._say(label, f"{task.error.message} ({task.error.reason})")

    def refused(self, label: str, error: errors.RadmeshError) -> None:
        """There is no task, for this reason."""
        self._set(label, "refused", 1.0)
        self._say(label, f"{error.message} ({error.reason})")

    def _look(self, task: task_pb2.Task) -> None:
        self._pause = f": {lines.pause_text(task)}" if task.pipeline_paused else ""

    def _set(self, label: str, state: str, done: float) -> None:
        self._states[label], self._done[label] = state, done
        done, words = sum(self._done.values()), self.summary() + self._pause
        self._progress.update(self._bar, total=len(self._done), completed=done, words=words)

    def _say(self, label: str, text: str) -> None:
        self._console.print(f"{label}: {text}", style="red", markup=False, highlight=False)
