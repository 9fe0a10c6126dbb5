"""Watches one task from its first event and keeps what it saw, for the promises to be checked on."""

import asyncio

from radmesh.client import Client, WatchMessage
from radmesh.tasks.v1 import task_pb2

_TERMINAL = {task_pb2.TASK_STATE_SUCCEEDED, task_pb2.TASK_STATE_FAILED, task_pb2.TASK_STATE_CANCELLED}


class Witness:
    """One watch over one task, through every break."""

    def __init__(self, client: Client, task: str) -> None:
        self.events: list[task_pb2.TaskEvent] = []
        self.progress: list[task_pb2.TaskProgress] = []
        self._news = asyncio.Condition()
        self._watch = asyncio.create_task(self._run(client, task))

    async def until_running(self, units: int = 5, *, attempt: int = 1) -> None:
        """Returns in the middle of an attempt: when it reported `units` units done."""
        async with self._news:
            await self._news.wait_for(
                lambda: self._watch.done() or any(_reached(one, attempt, units) for one in self.progress)
            )
        assert not self._watch.done(), f"the watch ended early: {self._watch.exception() or self.events}"

    async def until_end(self, seconds: float = 45.0) -> None:
        """Returns after the terminal event."""
        async with asyncio.timeout(seconds):
            await self._watch

    @property
    def reasons(self) -> list[str]:
        """The reasons of the state changes, in order."""
        return [event.state_change.reason for event in self.events if event.HasField("state_change")]

    def check(self) -> None:
        """Asserts that no event is missing or repeated, and that the task ended once, at the last one."""
        assert [event.sequence for event in self.events] == list(range(1, len(self.events) + 1))
        ends = [event.sequence for event in self.events if event.state_change.state in _TERMINAL]
        assert ends == [len(self.events)]
        levels = [(one.attempt, one.units_done) for one in self.progress]
        assert levels == sorted(levels)

    async def _run(self, client: Client, task: str) -> None:
        try:
            async for message in client.watch(task, after_sequence=0):
                await self._tell(message)
        finally:
            async with self._news:
                self._news.notify_all()

    async def _tell(self, message: WatchMessage) -> None:
        async with self._news:
            if message.HasField("event"):
                self.events.append(message.event)
            elif message.HasField("progress"):
                self.progress.append(message.progress)
            else:
                assert message.HasField("bookmark"), "a watch with a cursor got a snapshot"
            self._news.notify_all()


def _reached(progress: task_pb2.TaskProgress, attempt: int, units: int) -> bool:
    return progress.attempt >= attempt and progress.units_done >= units
