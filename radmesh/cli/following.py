"""What a display is told while a task is followed: every message, and that a person has to decide."""

from collections.abc import Callable

from radmesh.cli.display import Display
from radmesh.client import WatchMessage
from radmesh.tasks.v1 import task_pb2


def follower(
    display: Display, label: str, task: str, server_words: str = ""
) -> Callable[[WatchMessage], None]:
    """What `Client.wait` calls for a display. server_words: see `radmesh.cli.options`."""

    def told(message: WatchMessage) -> None:
        display.told(label, message)
        state = message.event.state_change.state or message.snapshot.task.state
        if state == task_pb2.TASK_STATE_AWAITING_REVIEW:
            display.review_due(label, f"radmesh review {task}{server_words}")

    return told
