"""Tasks of ct-l3 as its tests follow them."""

from typing import Any

from radmesh.client import SyncClient, open_review, raise_for_outcome, refused_answer, unpack_result
from radmesh.tasks.v1 import review_pb2, task_pb2

AWAITING = task_pb2.TASK_STATE_AWAITING_REVIEW


def shown(client: SyncClient, image: str, **parameters: Any) -> task_pb2.Task:
    """A task whose stage 1 waits for a person."""
    name = client.create("ct-l3", [image], parameters=parameters).name
    for message in client.watch(name):
        if AWAITING in (message.event.state_change.state, message.snapshot.task.state):
            return client.get(name)
    raise_for_outcome(client.get(name))
    raise AssertionError("it ended without a review")


def shown_again(client: SyncClient, name: str, answers: int = 1) -> review_pb2.RefusedAnswer:
    """Why the last of so many answers could not be used, once the task waits for another one."""
    answered = client.get(name).reviews[answers - 1]
    for message in client.watch(name, after_sequence=answered.sequence):
        if message.event.state_change.reason == "ANSWER_REFUSED":
            break
    task = client.get(name)
    assert task.state == AWAITING, task.error
    why = refused_answer(task, open_review(task))
    assert why is not None
    return why


def result_of(client: SyncClient, name: str) -> Any:
    """The typed result of a task. Raises TaskFailedError."""
    ended = client.wait(name)
    raise_for_outcome(ended)
    return unpack_result(ended.result)


def wait_for_stage(client: SyncClient, name: str, stage: str, attempt: int = 1) -> None:
    """Returns when the progress of an attempt is at a stage, such as `measuring`."""
    for message in client.watch(name):
        if (message.progress.stage, message.progress.attempt) == (stage, attempt):
            return
    raise AssertionError(f"{name} ended without {stage}")
