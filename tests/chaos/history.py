"""What the clients of a mesh saw, in the order in which each of them saw it."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from radmesh.tasks.v1 import task_pb2
from radmesh.tasks.v1.review_service_pb2 import ReviewTaskRequest
from radmesh.tasks.v1.stuck_pb2 import TaskRecovery


@dataclass(frozen=True)
class Acknowledged:
    """A create that was answered: the request id, and the task that the answer names."""

    request_id: str
    task: str


@dataclass
class Stream:
    """One watch call of a task or a batch.

    after: the cursor it was opened with, None for none. messages: all that arrived, `WatchTaskResponse` or
    `WatchBatchResponse`.
    """

    name: str
    after: int | None
    messages: list[Any] = field(default_factory=list)


@dataclass(frozen=True)
class Decided:
    """A reviewer's decision that was answered. refused: the reason; empty when it was taken."""

    reviewer: str
    request: ReviewTaskRequest
    refused: str = ""


@dataclass(frozen=True)
class Pause:
    """A pause of `pipelines/{pipeline}` or `workers/{worker}`.

    since: when it was acknowledged. until: when the resume was sent. Seconds since the epoch.
    """

    name: str
    since: float
    until: float


@dataclass
class Journal:
    """What the logs of the processes say, by task and number of the attempt.

    finished: the attempts that workers say they finished with a result or a stage. runs: the workers that
    started them, by id. written: the kinds of outcome, such as `result`, that `tasks` says it has written.
    """

    finished: set[tuple[str, int]] = field(default_factory=set)
    runs: dict[tuple[str, int], list[str]] = field(default_factory=lambda: defaultdict(list))
    written: dict[tuple[str, int], set[str]] = field(default_factory=lambda: defaultdict(set))


@dataclass
class History:
    """Everything that was seen.

    watches: for each watcher its streams, one after another, each resumed where the one before broke.
    batch_watches: the same of batches. batches: the tasks of each.
    told: tasks as unary calls returned them. cancels: the states that cancels were answered with, by task.
    recoveries: what RecoverTasks said of each task that it put back. pauses: those that have ended.
    decided: the answers to reviewers.
    logs: at the end, with nothing broken any more: each acknowledged task's events from the first on.
    ended: then too, the tasks as they are. missing: tasks that could not be read then, with the reason.
    """

    acknowledged: list[Acknowledged] = field(default_factory=list)
    watches: list[list[Stream]] = field(default_factory=list)
    batch_watches: list[list[Stream]] = field(default_factory=list)
    batches: dict[str, list[str]] = field(default_factory=dict)
    told: list[task_pb2.Task] = field(default_factory=list)
    cancels: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    recoveries: list[TaskRecovery] = field(default_factory=list)
    pauses: list[Pause] = field(default_factory=list)
    decided: list[Decided] = field(default_factory=list)
    logs: dict[str, list[task_pb2.TaskEvent]] = field(default_factory=dict)
    ended: dict[str, task_pb2.Task] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    journal: Journal = field(default_factory=Journal)

    @property
    def tasks(self) -> set[str]:
        """Every task whose create was acknowledged."""
        return {one.task for one in self.acknowledged}


@dataclass(frozen=True)
class Violation:
    """A promise that was broken. promise: its name. task: where. what: how it shows."""

    promise: str
    task: str
    what: str

    def __str__(self) -> str:
        return f"{self.promise}: {self.task}: {self.what}"
