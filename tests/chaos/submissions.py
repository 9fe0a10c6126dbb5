"""What the submitters of a run submit and what is to happen to it, decided by a seed alone. Pure."""

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from google.protobuf import json_format

from radmesh.tasks.v1 import task_service_pb2 as api
from radmesh.tasks.v1.task_pb2 import TaskPriority

REVIEWERS = ("carol", "dora", "emil")
_BATCHES = 0.1
_REVIEWED = 0.25
_FROM_THE_FIRST_EVENT = 0.3
_SHORT_REVIEW_MS = 1_000


class Choice(Enum):
    """What a reviewer decides."""

    ACCEPT = auto()
    REPLACE = auto()
    REJECT = auto()


@dataclass(frozen=True)
class Decision:
    """What one reviewer decides, `wait` seconds after seeing the stage; sent `times` times at once."""

    reviewer: str
    choice: Choice
    wait: float
    times: int


@dataclass(frozen=True)
class TaskPlan:
    """A task, and what happens to it.

    watches: for each watch whether it begins at the first event. cancel, look: seconds until then; None for
    never. again: whether the create is repeated. decisions: for each reviewed stage those who decide on it.
    """

    request: api.CreateTaskRequest
    watches: tuple[bool, ...]
    cancel: float | None
    look: float | None
    again: bool
    decisions: tuple[tuple[Decision, ...], ...] = ()


@dataclass(frozen=True)
class BatchPlan:
    """A batch. watches: as of a task; task_watch: the same of its first task. cancel: of its last one."""

    request_id: str
    requests: tuple[api.CreateTaskRequest, ...]
    watches: tuple[bool, ...]
    task_watch: bool
    cancel: float


def submissions(seed: int, submitter: int) -> Iterator[TaskPlan | BatchPlan]:
    """What one submitter submits, one after another, for ever; the same for the same seed."""
    generator = random.Random(f"submitter {submitter} of {seed}")
    while True:
        yield _batch(generator) if generator.random() < _BATCHES else _task(generator)


def _task(generator: random.Random) -> TaskPlan:
    decisions: tuple[tuple[Decision, ...], ...] = ()
    request = _request(generator)
    if generator.random() < _REVIEWED:
        decisions = tuple(_decisions(generator) for _ in range(generator.choice((1, 1, 1, 2))))
        request.parameters["review_stages"] = len(decisions)
        # Either somebody decides, or the review expires, or both at about the same time.
        if not all(decisions) or generator.random() < 0.3:
            request.timeouts.review_timeout.FromMilliseconds(_SHORT_REVIEW_MS)
    chance = generator.random
    return TaskPlan(
        request=request,
        watches=tuple(_from_the_first_event(generator) for _ in range(generator.choice((1, 1, 2)))),
        cancel=generator.uniform(0, 1.5) if chance() < 0.15 else None,
        look=generator.uniform(0, 1) if chance() < 0.2 else None,
        again=chance() < 0.2,
        decisions=decisions,
    )


def _decisions(generator: random.Random) -> tuple[Decision, ...]:
    return tuple(
        Decision(
            reviewer=generator.choice(REVIEWERS),
            choice=generator.choices(list(Choice), (5, 3, 2))[0],
            wait=generator.choice((0.0, generator.uniform(0, 1.2))),
            times=generator.choice((1, 1, 2)),
        )
        for _ in range(generator.choice((0, 1, 2, 3)))
    )


def _batch(generator: random.Random) -> BatchPlan:
    return BatchPlan(
        request_id=_request_id(generator),
        requests=tuple(_request(generator) for _ in range(generator.randint(1, 6))),
        watches=tuple(_from_the_first_event(generator) for _ in range(2)),
        task_watch=_from_the_first_event(generator),
        cancel=generator.uniform(0, 1),
    )


def _from_the_first_event(generator: random.Random) -> bool:
    return generator.random() < _FROM_THE_FIRST_EVENT


def _request_id(generator: random.Random) -> str:
    return str(uuid.UUID(int=generator.getrandbits(128), version=4))


def _request(generator: random.Random) -> api.CreateTaskRequest:
    """A task of 0 to 3 s; some crash their child, fail or ignore a cancel."""
    parameters = {
        "steps": generator.randint(1, 30),
        "step_seconds": generator.choice((0.0, 0.01, 0.05, 0.1)),
        "crash_attempts": generator.choices((0, 1, 2), (94, 4, 2))[0],
        "fail": generator.choices(("", "TOLD_TO_FAIL"), (96, 4))[0],
        "ignore_cancel": generator.random() < 0.1,
    }
    request = api.CreateTaskRequest(
        request_id=_request_id(generator),
        pipeline="pipelines/steps",
        priority=generator.choice(TaskPriority.keys()),
    )
    json_format.ParseDict(parameters, request.parameters)
    return request
