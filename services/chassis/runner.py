"""What a model implements to run in a child process. Imports neither grpc nor torch.

A runner is named to the child as `module:factory`; the factory takes the options that the service passes
(a JSON object) and returns a `Runner`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import Message

from radmesh.errors import RadmeshError


@dataclass(frozen=True)
class WorkFile:
    """A file that a work is given: its name, its media type, and where it lies until the run ends.

    path: to read only; it may be the blob store's own file, and a whole study.
    """

    name: str
    media_type: str
    path: Path

    @property
    def content(self) -> bytes:
        """All of it, read at each call: for small files."""
        return self.path.read_bytes()


class WorkImage(WorkFile):
    """An image of a work. name: `images/{sha256}`. media_type: as found by content."""


@dataclass(frozen=True)
class OutputFile:
    """A file that a run produced; `file_name` is what a user would call it."""

    file_name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class AcceptedStage:
    """What the stages before left, as a person accepted it.

    result: the `StageOutput.result` of the last one, packed. files: what all of them wrote, by file name.
    replacements: what a reviewer put in the place of a file, by that file's name.
    """

    result: AnyMessage
    files: Mapping[str, WorkFile]
    replacements: Mapping[str, WorkImage]

    def file(self, file_name: str) -> WorkFile:
        """A file as it was accepted: its replacement where there is one. KeyError when no stage wrote it."""
        return self.replacements.get(file_name) or self.files[file_name]

    def content(self, file_name: str) -> bytes:
        """The bytes of `file`."""
        return self.file(file_name).content


@dataclass(frozen=True)
class Work:
    """One attempt at a task, or a direct call. `parameters` are complete and checked.

    stage: the one to run, from 1. accepted: what the stages before left; None in the first.
    """

    task: str
    attempt: int
    pipeline: str
    parameters: Mapping[str, Any]
    images: tuple[WorkImage, ...]
    weights: str
    weights_digest: str
    stage: int = 1
    accepted: AcceptedStage | None = None


@dataclass(frozen=True)
class Progress:
    """How far a work is. units_done of units_total `unit`s of this stage; fraction: of the whole, 0..1."""

    stage: str
    fraction: float
    units_done: int = 0
    units_total: int = 0
    unit: str = ""
    message: str = ""
    eta_seconds: float | None = None


@dataclass(frozen=True)
class RunOutput:
    """What a run produced: the typed result of the pipeline, and its files."""

    result: Message
    files: tuple[OutputFile, ...] = ()


@dataclass(frozen=True)
class StageOutput:
    """What a stage produced that a person has to review before the next one runs.

    result: what the next stage gets back; nobody else sees it. files: what the reviewer sees. No stage may
    write a file under a name that one before it used.
    """

    result: Message
    files: tuple[OutputFile, ...] = ()


class CancelledRun(Exception):
    """Raised by a runner that stops because `cancelled()` said so."""


class AnswerRefused(Exception):
    """Raised by a runner that cannot use what a reviewer gave: the stage before is shown again.

    error: says why, and what the reviewer can do. Without a stage before, the task fails with it.
    """

    def __init__(self, error: RadmeshError) -> None:
        super().__init__(error.message)
        self.error = error


class Runner(Protocol):
    """A model. Both methods run on the child's main thread, one work at a time."""

    def load(self) -> str:
        """Loads and warms up, once, before any work; returns the device, such as `cpu` or `cuda:0`."""
        ...

    def run(
        self, work: Work, report: Callable[[Progress], None], cancelled: Callable[[], bool]
    ) -> RunOutput | StageOutput:
        """Runs one work. Asks `cancelled` between units and then raises CancelledRun.

        A runner without reviews returns a RunOutput and need not look at `work.stage`.

        Raises errors of radmesh.errors for failures that have a reason; anything else is INFERENCE_FAILED.
        Raises AnswerRefused where the reviewer can put it right.
        """
        ...


RunnerFactory = Callable[[Mapping[str, Any]], Runner]
