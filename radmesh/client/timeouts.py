"""The times that bound a task, as a caller asks for them."""

from radmesh.tasks.v1.timeouts_pb2 import TaskTimeouts


def task_timeouts(
    *,
    queue: float | None = None,
    attempt: float | None = None,
    heartbeat: float | None = None,
    progress: float | None = None,
    review: float | None = None,
) -> TaskTimeouts:
    """Seconds in the queue, of an attempt, since a heartbeat, without progress (0: no watch), of a review.

    None leaves a time to the pipeline.
    """
    asked = {
        "queue": queue,
        "attempt": attempt,
        "heartbeat": heartbeat,
        "progress": progress,
        "review": review,
    }
    found = TaskTimeouts()
    for name, seconds in asked.items():
        if seconds is not None:
            getattr(found, f"{name}_timeout").FromMilliseconds(round(seconds * 1000))
    return found
