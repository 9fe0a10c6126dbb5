"""The slots of a worker: model processes that are lent, one run each, to tasks and to direct calls alike."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

from radmesh.errors import ExhaustedError, InferenceError
from services.chassis.model_process import ModelProcess


class ModelPool:
    """Lends model processes. Who waits is served in order."""

    def __init__(self, processes: Sequence[ModelProcess]) -> None:
        self._processes = tuple(processes)
        self._taken: set[ModelProcess] = set()
        self._waiting: deque[asyncio.Future[ModelProcess]] = deque()
        self._any_loaded = asyncio.Event()
        self.on_change: Callable[[], None] = lambda: None
        for process in self._processes:
            process.on_change = self._changed

    @property
    def slots(self) -> int:
        """Runs that are possible at once when every model is loaded."""
        return len(self._processes)

    @property
    def free(self) -> int:
        """Runs that could start now."""
        idle = sum(process.loaded and process not in self._taken for process in self._processes)
        return max(0, idle - len(self._waiting))

    @property
    def pids(self) -> list[int]:
        """Process ids of the children that are up."""
        return [process.pid for process in self._processes if process.pid is not None]

    def start(self) -> None:
        """Starts the children. Call on the process's main thread."""
        for process in self._processes:
            process.start()

    async def stop(self) -> None:
        """Ends the children."""
        await asyncio.gather(*(process.stop() for process in self._processes))

    async def wait_loaded(self) -> None:
        """Returns when a model was loaded for the first time."""
        await self._any_loaded.wait()

    def take_now(self) -> ModelProcess:
        """A slot at once. Raises ExhaustedError NO_FREE_SLOT, or InferenceError when no model loads."""
        self._raise_if_broken()
        process = None if self._waiting else self._idle()
        if process is None:
            raise ExhaustedError(
                "every slot of this worker is busy or still loads its model; repeat the call",
                reason="NO_FREE_SLOT",
                retry_after=1.0,
            )
        self._taken.add(process)
        self._changed()
        return process

    async def take(self) -> ModelProcess:
        """The next free slot. Raises InferenceError when no model can be loaded."""
        self._raise_if_broken()
        process = None if self._waiting else self._idle()
        if process is not None:
            self._taken.add(process)
            self._changed()
            return process
        turn: asyncio.Future[ModelProcess] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.give_back(turn.result())
            raise
        finally:
            if turn in self._waiting:
                self._waiting.remove(turn)

    def give_back(self, process: ModelProcess) -> None:
        """Ends a loan."""
        self._taken.discard(process)
        self._changed()

    def _idle(self) -> ModelProcess | None:
        for process in self._processes:
            if process.loaded and process not in self._taken:
                return process
        return None

    def _changed(self) -> None:
        if any(process.loaded for process in self._processes):
            self._any_loaded.set()
        while self._waiting and (process := self._idle()) is not None:
            turn = self._waiting.popleft()
            if not turn.done():
                self._taken.add(process)
                turn.set_result(process)
        failure = self._failure()
        while self._waiting and failure is not None:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_exception(failure)
        self.on_change()

    def _raise_if_broken(self) -> None:
        if failure := self._failure():
            raise failure

    def _failure(self) -> InferenceError | None:
        """Why no slot will come soon: every child's last load failed."""
        failures = [process.failure for process in self._processes]
        if any(failure is None for failure in failures):
            return None
        last = failures[-1]
        assert last is not None
        return InferenceError(last.message, reason=last.reason)
