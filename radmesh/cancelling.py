"""Whether the running task was asked to end: grpc.aio may swallow the CancelledError that says so."""

import asyncio


def is_cancelled() -> bool:
    """Whether somebody cancelled the current asyncio task, also where the CancelledError was lost.

    A call that is cancelled while it is still being prepared ends as if nothing had happened, or with its RPC
    error. Whoever makes a call again after an error asks first, or goes on for ever.
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
