"""A model in a child process: kept loaded, run, cancelled, killed when it does not obey, started again."""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from google.protobuf import any_pb2

from radmesh.errors import InferenceError, RadmeshError
from radmesh.tasks.v1 import task_pb2
from radmesh.tasks.v1.worker_service_pb2 import Assignment
from services.chassis import logs
from services.chassis.child_process import ChildProcess, ModelLoad, RunnerSpec
from services.chassis.frames import FrameKind, encode_paths
from services.chassis.runner import AnswerRefused, CancelledRun
from services.chassis.task_errors import MODEL_LOAD_FAILED, WORKER_STALLED, from_task_error

_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 30.0

log = logs.logger(__name__)

OnProgress = Callable[[task_pb2.TaskProgress], None]


@dataclass(frozen=True)
class ModelTimers:
    """Seconds: to load, to obey a cancel, and to give a sign of life in a run that says nothing else."""

    load_seconds: float = 120.0
    cancel_seconds: float = 0.8
    stall_seconds: float = 60.0


@dataclass(frozen=True)
class ModelFile:
    """A file that a run produced: its artifact, still without resource name, and its bytes."""

    artifact: task_pb2.Artifact
    content: bytes


@dataclass(frozen=True)
class ModelOutput:
    """What a run produced. stage_finished: whether a person has to review it before the next stage."""

    result: any_pb2.Any
    files: tuple[ModelFile, ...]
    stage_finished: bool = False


class ModelProcess:
    """One model in one child at a time. `on_change` is called when `loaded` or `failure` changed."""

    def __init__(
        self,
        spec: RunnerSpec,
        timers: ModelTimers,
        *,
        on_load: Callable[[ModelLoad], None] = lambda load: None,
    ) -> None:
        self._spec = spec
        self._timers = timers
        self._on_load = on_load
        self.on_change: Callable[[], None] = lambda: None
        self._child: ChildProcess | None = None
        self._latest: ChildProcess | None = None
        self._loaded = False
        self._running = False
        self._cancelled = False
        self._kill_timer: asyncio.TimerHandle | None = None
        self._keeper: asyncio.Task[None] | None = None
        self.failure: RadmeshError | None = None
        """Why the last load failed; None while none did."""

    @property
    def loaded(self) -> bool:
        """Whether a child is up with its model, so that `run` can be called."""
        return self._loaded

    @property
    def pid(self) -> int | None:
        """Process id of the child, if there is one."""
        return self._child.pid if self._child else None

    def start(self) -> None:
        """Starts a child now, and the next one whenever one ends. Call on the process's main thread."""
        self._keeper = asyncio.create_task(self._keep(), name="model-process")

    async def stop(self) -> None:
        """Ends the child."""
        if self._keeper:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        if self._latest:
            # Again: the keeper may have been told to stop in the middle of it.
            await self._latest.reap()

    async def run(
        self,
        assignment: Assignment,
        inputs: Sequence[Path],
        on_progress: OnProgress,
        *,
        timeout_seconds: float | None = None,
        stall_seconds: float | None = None,
    ) -> ModelOutput:
        """Runs one work, alone in its child: the caller sees to it that only one runs at a time.

        inputs: files with the contents of the assignment's `blob_keys`, which stay there until this returns.
        timeout_seconds: of the whole; None for no limit. stall_seconds: without a sign of the model; the
        timers' when None, 0 for no limit.
        Raises CancelledRun after `cancel`; InferenceError WORKER_CRASHED when the child dies, WORKER_STALLED
        when it shows no progress or takes longer than timeout_seconds; and what the runner raised,
        AnswerRefused with it.
        """
        child = self._child
        if child is None or not self._loaded or self._running:
            raise RuntimeError("run needs a loaded model that runs nothing")
        self._running, self._cancelled = True, False
        try:
            async with asyncio.timeout(timeout_seconds) as limit:
                await child.send(FrameKind.ASSIGNMENT, assignment.SerializeToString())
                if inputs:
                    await child.send(FrameKind.INPUTS, encode_paths(inputs))
                stall = self._timers.stall_seconds if stall_seconds is None else stall_seconds
                return await self._follow(child, on_progress, stall or None)
        except TimeoutError:
            self._kill(child)
            if self._cancelled:
                raise CancelledRun from None
            what = f"took longer than {timeout_seconds:g} s" if limit.expired() else "showed no progress"
            raise InferenceError(f"the model {what} and was stopped", reason=WORKER_STALLED) from None
        except asyncio.CancelledError:
            self._kill(child)
            raise
        finally:
            self._running = False
            if self._kill_timer:
                self._kill_timer.cancel()

    def cancel(self) -> None:
        """Asks the run to stop; kills the child when it has not after `cancel_seconds`."""
        child = self._child
        if child is None or not self._running or self._cancelled:
            return
        self._cancelled = True
        child.post(FrameKind.CANCEL)
        self._kill_timer = asyncio.get_running_loop().call_later(
            self._timers.cancel_seconds, self._kill, child
        )

    def _kill(self, child: ChildProcess) -> None:
        """Kills a child in the middle of a run; nobody else may run on what is left of it."""
        log.warning("model child killed", pid=child.pid)
        child.kill()
        if child is self._child:
            self._change(loaded=False)

    async def _follow(
        self, child: ChildProcess, on_progress: OnProgress, stall_seconds: float | None
    ) -> ModelOutput:
        files: list[ModelFile] = []
        artifact = task_pb2.Artifact()
        while True:
            async with asyncio.timeout(stall_seconds):
                frame = await child.next_frame()
            if frame is None:
                if child is self._child:
                    self._loaded = False
                if self._cancelled:
                    raise CancelledRun
                await child.reap()
                raise child.crash()
            kind, payload = frame
            match kind:
                case FrameKind.PROGRESS:
                    on_progress(task_pb2.TaskProgress.FromString(payload))
                case FrameKind.FILE:
                    artifact = task_pb2.Artifact.FromString(payload)
                case FrameKind.CONTENT:
                    files.append(ModelFile(artifact, payload))
                case FrameKind.RESULT | FrameKind.STAGE_RESULT:
                    result = any_pb2.Any.FromString(payload)
                    return ModelOutput(result, tuple(files), kind is FrameKind.STAGE_RESULT)
                case FrameKind.FAILED:
                    raise from_task_error(task_pb2.TaskError.FromString(payload))
                case FrameKind.ANSWER_REFUSED:
                    raise AnswerRefused(from_task_error(task_pb2.TaskError.FromString(payload)))
                case FrameKind.CANCELLED:
                    raise CancelledRun
                case _:
                    raise InferenceError(f"the model's process sent {kind.name} during a run")

    async def _keep(self) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                await self._live()
                pause = _FIRST_PAUSE_SECONDS
            except (RadmeshError, OSError) as error:
                failure = error if isinstance(error, RadmeshError) else _spawn_failure(error)
                log.error("model load failed", reason=failure.reason, message=failure.message)
                self._change(failure=failure)
                await asyncio.sleep(pause * random.uniform(0.5, 1.0))
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    async def _live(self) -> None:
        """One child from its birth to its end. Raises when it could not load its model."""
        self._child = self._latest = child = await ChildProcess.spawn(self._spec)
        try:
            load = await child.wait_loaded(self._timers.load_seconds)
            log.info("model loaded", device=load.device, seconds=round(load.seconds, 3), pid=child.pid)
            self._on_load(load)
            self._change(loaded=True)
            await child.ended.wait()
        finally:
            self._child = None
            self._change(failure=self.failure)
            await child.reap()
        log.warning("model child ended", pid=child.pid, ending=child.ending())

    def _change(self, *, loaded: bool = False, failure: RadmeshError | None = None) -> None:
        self._loaded, self.failure = loaded, failure
        self.on_change()


def _spawn_failure(error: OSError) -> RadmeshError:
    return InferenceError(f"the model's process cannot be started: {error}", reason=MODEL_LOAD_FAILED)
