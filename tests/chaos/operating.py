"""Operators of a broken mesh: they recover tasks, pause pipelines and workers, and write down the answers."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

import grpc

from radmesh.tasks.v1 import admin_service_pb2 as api
from radmesh.tasks.v1.admin_service_pb2_grpc import AdminServiceStub
from tests.chaos.calling import Unexpected, ask, ask_counting
from tests.chaos.history import History, Pause
from tests.chaos.plan import Deed, Operation

_PIPELINE = "pipelines/steps"
# A call that got no answer may still be carried out when what held it up has passed: two stops or mutes.
_LATE_SECONDS = 12.0
_MOST_NAMES = 20


class Operators:
    """All operators of a run. counts: what they did. errors: answers that nobody may get."""

    def __init__(self, channel: grpc.aio.Channel, history: History) -> None:
        self.counts: Counter[str] = Counter()
        self.errors: list[str] = []
        self._admin: Any = AdminServiceStub(channel)
        self._history = history
        self._doing: set[asyncio.Task[None]] = set()
        self._paused: set[str] = set()

    def begin(self, operation: Operation) -> None:
        """Does it beside everything else."""
        for _ in range(operation.at_once):
            task = asyncio.create_task(self._do(operation))
            self._doing.add(task)
            task.add_done_callback(self._doing.discard)

    async def finish(self) -> None:
        """Waits until everything is done and no pause is left, not even one that comes late."""
        await asyncio.gather(*self._doing)

    def cancel(self) -> None:
        """Gives up what is not done."""
        for task in self._doing:
            task.cancel()

    async def _do(self, operation: Operation) -> None:
        deeds: dict[Deed, Callable[[Operation], Coroutine[Any, Any, bool]]] = {
            Deed.RECOVER: self._recover,
            Deed.RECOVER_ALL: self._recover,
            Deed.PAUSE_PIPELINE: self._pause_pipeline,
            Deed.PAUSE_WORKER: self._pause_worker,
        }
        try:
            if await deeds[operation.deed](operation):
                self.counts[operation.deed] += 1
        except Unexpected as error:
            self.errors.append(f"{operation.deed}: {error}")

    async def _recover(self, operation: Operation) -> bool:
        request = api.RecoverTasksRequest(force=operation.deed is Deed.RECOVER_ALL)
        request.max_runtime.FromMilliseconds(round(operation.seconds * 1000))
        generator = random.Random(operation.draw)
        if generator.random() < 0.5:
            known = sorted(self._history.tasks)
            request.names.extend(generator.sample(known, min(len(known), _MOST_NAMES)))
        answer = await ask(self._admin.RecoverTasks, request)
        self._history.recoveries += [one for one in answer.recoveries if one.reset]
        return True

    async def _pause_pipeline(self, operation: Operation) -> bool:
        return await self._pause(
            _PIPELINE,
            operation.seconds,
            lambda: ask_counting(self._admin.PausePipeline, api.PausePipelineRequest(name=_PIPELINE)),
            lambda: ask_counting(self._admin.ResumePipeline, api.ResumePipelineRequest(name=_PIPELINE)),
        )

    async def _pause_worker(self, operation: Operation) -> bool:
        listed = await ask(self._admin.ListWorkers, api.ListWorkersRequest())
        names = [worker.name for worker in listed.workers if worker.connected]
        if not names:
            return False
        name = names[operation.draw % len(names)]
        try:
            return await self._pause(
                name,
                operation.seconds,
                lambda: ask_counting(self._admin.PauseWorker, api.PauseWorkerRequest(name=name)),
                lambda: ask_counting(self._admin.ResumeWorker, api.ResumeWorkerRequest(name=name)),
            )
        except Unexpected as error:
            if error.reason != "WORKER_NOT_FOUND":
                raise
            return False

    async def _pause(
        self,
        name: str,
        seconds: float,
        pause: Callable[[], Coroutine[Any, Any, tuple[Any, int]]],
        resume: Callable[[], Coroutine[Any, Any, tuple[Any, int]]],
    ) -> bool:
        """Pauses, and resumes until no call is left that could still change anything. One at a time."""
        if name in self._paused:
            return False
        self._paused.add(name)
        try:
            _, unanswered = await pause()
            since = time.time()
            await asyncio.sleep(seconds)
            self._history.pauses.append(Pause(name, since, time.time()))
            while True:
                unanswered += (await resume())[1]
                if not unanswered:
                    return True
                await asyncio.sleep(_LATE_SECONDS)
                unanswered = 0
        finally:
            self._paused.discard(name)
