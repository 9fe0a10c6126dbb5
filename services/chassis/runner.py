"""What a model implements to run in a child process. Imports neither grpc nor torch.

A runner is named to the child as `module:factory`; the factory takes the options that the service passes
(a JSON object) and returns a `Runner`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from google.protobuf.message import Message


@dataclass(frozen=True)
class WorkImage:
    """One image of a work: its name, its media type as found by content, and the file itself."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class Work:
    """One attempt at a task, or a direct call. `parameters` are complete and checked."""

    task: str
    attempt: int
    pipeline: str
    parameters: Mapping[str, Any]
    images: tuple[WorkImage, ...]
    weights: str
    weights_digest: str


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
class OutputFile:
    """A file that a run produced; `file_name` is what a user would call it."""

    file_name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class RunOutput:
    """What a run produced: the typed result of the pipeline, and its files."""

    result: Message
    files: tuple[OutputFile, ...] = ()


class CancelledRun(Exception):
    """Raised by a runner that stops because `cancelled()` said so."""


class Runner(Protocol):
    """A model. Both methods run on the child's main thread, one work at a time."""

    def load(self) -> str:
        """Loads and warms up, once, before any work; returns the device, such as `cpu` or `cuda:0`."""
        ...

    def run(self, work: Work, report: Callable[[Progress], None], cancelled: Callable[[], bool]) -> RunOutput:
        """Runs one work. Asks `cancelled` between units and then raises CancelledRun.

        Raises errors of radmesh.errors for failures that have a reason; anything else is INFERENCE_FAILED.
        """
        ...


RunnerFactory = Callable[[Mapping[str, Any]], Runner]
