"""Progress bars for a terminal, one a task, fed by the watch."""

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn

from radmesh import errors
from radmesh.cli import lines, rows, tables
from radmesh.cli.sending import upload_words
from radmesh.client import ENDED, UploadProgress, WatchMessage
from radmesh.tasks.v1 import task_pb2

_COLOURS = {"succeeded": "green", "failed": "red", "refused": "red", "cancelled": "yellow"}

# Of what was lost with an attempt, all is done again; what is done is done, whatever progress came last.
_FRACTIONS = {task_pb2.TASK_STATE_QUEUED: 0.0, task_pb2.TASK_STATE_SUCCEEDED: 1.0}


class BarDisplay:
    """Live bars while tasks run; a table of what they came to when all are done."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars: dict[str, TaskID] = {}
        self._ended: list[tuple[str, task_pb2.Task, Mapping[str, Path]]] = []
        self._refused: list[tuple[str, errors.RadmeshError]] = []
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=30),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[words]}"),
            console=console,
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()
        if self._ended and kind is None:
            self._console.print(tables.outcomes(self._ended))
        for label, refusal in self._refused:
            self._console.print(f"{label}: {refusal.message} ({refusal.reason})", style="red", markup=False)

    def uploading(self, label: str) -> None:
        """The images are on their way."""
        self._show(label, "uploading")

    def sent(self, label: str, progress: UploadProgress) -> None:
        """So much of an image was read or sent."""
        self._show(label, upload_words(progress), progress.done_bytes / max(progress.total_bytes, 1))

    def created(self, label: str, task: task_pb2.Task) -> None:
        """The task exists."""
        self._show(label, lines.task_text(task), 0.0)

    def found(self, label: str, task: task_pb2.Task, why: str) -> None:
        """Another task is active and stands for this one; why: what both have in common."""
        self._console.print(f"{label}: {task.name} is active with {why}", markup=False)

    def told(self, label: str, message: WatchMessage) -> None:
        """A message of the watch came."""
        kind = message.WhichOneof("message")
        words = lines.message_line(message)
        if kind == "progress":
            self._show(label, words or "", message.progress.fraction)
        elif kind == "snapshot" and message.snapshot.task.state not in ENDED:
            self._show(label, words or "", message.snapshot.task.progress.fraction)
        elif kind == "event" and message.event.state_change.state in _FRACTIONS:
            self._show(label, words or "", _FRACTIONS[message.event.state_change.state])
        elif words:
            self._show(label, words)

    def review_due(self, label: str, command: str) -> None:
        """A person has to decide before it goes on; the command shows what on."""
        self._console.print(f"{label}: look and decide with: {command}", markup=False, soft_wrap=True)

    def ended(self, label: str, task: task_pb2.Task, files: Mapping[str, Path]) -> None:
        """The task ended, and its artifacts were saved."""
        self._ended.append((label, task, files))
        succeeded = task.state == task_pb2.TASK_STATE_SUCCEEDED
        self._finish(label, rows.state_name(task.state).lower(), 1.0 if succeeded else None)

    def refused(self, label: str, error: errors.RadmeshError) -> None:
        """There is no task, for this reason."""
        self._refused.append((label, error))
        self._finish(label, "refused", None)

    def _show(self, label: str, words: str, fraction: float | None = None) -> None:
        if label not in self._bars:
            self._bars[label] = self._progress.add_task(label, total=1.0, words=words)
        colour = _COLOURS.get(words, "default")
        # Escaped: what a server says may look like rich's markup.
        self._progress.update(self._bars[label], completed=fraction, words=f"[{colour}]{escape(words)}[/]")

    def _finish(self, label: str, words: str, fraction: float | None) -> None:
        self._show(label, words, fraction)
        self._progress.stop_task(self._bars[label])
