"""One attempt on a worker: from the assignment, through a slot, to an outcome that is acknowledged."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Literal

import structlog

from radmesh import errors
from radmesh.tasks.v1 import task_pb2
from radmesh.tasks.v1.worker_service_pb2 import (
    Assignment,
    AttemptCancelled,
    AttemptReleased,
    Lease,
    WorkerOutcome,
)
from services.chassis import logs, tracing
from services.chassis.artifacts import delete_files, keep_files
from services.chassis.assigned_work import blob_keys
from services.chassis.blobs import BlobNotFoundError, BlobStore
from services.chassis.model_pool import ModelPool
from services.chassis.model_process import ModelOutput, ModelProcess
from services.chassis.outcome_limits import bounded_error, check_artifacts, check_result
from services.chassis.progress_gate import ProgressGate
from services.chassis.runner import AnswerRefused, CancelledRun
from services.chassis.task_errors import to_task_error

_TIMEOUT_MARGIN_SECONDS = 2.0
"""`tasks` times attempts too, and its verdict shall come first; this one is for when it cannot be reached."""

log = logs.logger(__name__)


class Stop(Enum):
    """Why an attempt is to stop before its end."""

    CANCEL = auto()
    RELEASE = auto()
    GIVE_BACK = auto()
    DROP = auto()


@dataclass(frozen=True)
class LeaseId:
    """A lease as a value that can be looked up."""

    task: str
    attempt: int
    token: str

    @classmethod
    def of(cls, lease: Lease) -> "LeaseId":
        """The id of a lease."""
        return cls(lease.task, lease.attempt, lease.token)


@dataclass(frozen=True)
class AttemptTools:
    """What attempts work with, and whom they tell: of progress, of an output, of their end."""

    pool: ModelPool
    blobs: BlobStore
    on_progress: Callable[["Attempt", task_pb2.TaskProgress], None]
    on_output: Callable[[str, ModelOutput], None]
    on_end: Callable[["Attempt"], None]


class Attempt:
    """Runs an assignment. `outcome` is set once it ended; a dropped attempt ends without one."""

    def __init__(self, assignment: Assignment, tools: AttemptTools) -> None:
        self.assignment = assignment
        self.lease: Lease = assignment.lease
        self.outcome: WorkerOutcome | None = None
        self.sent_at = 0.0
        """Loop time at which the outcome was sent last."""
        self._tools = tools
        self._gate = ProgressGate(lambda progress: tools.on_progress(self, progress))
        self._stop: Stop | None = None
        self._process: ModelProcess | None = None
        self._begun = False
        self._waiting = True
        self._started = time.monotonic()
        self._task: asyncio.Task[None] | None = None

    @property
    def dropped(self) -> bool:
        """Whether nobody waits for an outcome any more."""
        return self._stop is Stop.DROP

    @property
    def waiting(self) -> bool:
        """Whether its run has not begun."""
        return self._waiting

    @property
    def seconds(self) -> float:
        """Time since the assignment came."""
        return time.monotonic() - self._started

    def start(self) -> None:
        """Begins. `on_end` of the tools is called at the end, whatever it is."""
        self._task = asyncio.create_task(self._carry(), name=f"attempt-{self.lease.task}")

    async def ended(self) -> None:
        """Waits until it ended; not until that is acknowledged."""
        if self._task:
            await asyncio.wait([self._task])

    def stop(self, why: Stop) -> None:
        """Stops it. A model that has finished already is not undone, except for DROP."""
        if self.outcome is not None or (self._stop is not None and why is not Stop.DROP):
            return
        self._stop = why
        self._gate.close()
        if self._process is not None:
            self._process.cancel()
        elif self._waiting and self._begun and self._task:
            self._task.cancel()

    def abandon(self) -> None:
        """Ends it without outcome: the process goes down, and the lease runs out."""
        if self._task:
            self._task.cancel()

    async def delete_files(self) -> None:
        """Deletes what it wrote: its outcome came too late."""
        if self.outcome is not None:
            artifacts = self.outcome.artifacts
            await delete_files(self._tools.blobs, self.lease.task, self.lease.attempt, artifacts)

    async def _carry(self) -> None:
        self._begun = True
        structlog.contextvars.bind_contextvars(task=self.lease.task, attempt=self.lease.attempt)
        tracing.enter(tracing.begin(self.assignment.traceparent))
        outcome = WorkerOutcome(lease=self.lease)
        try:
            await self._run(outcome)
        except CancelledRun:
            self._settle(outcome)
        except asyncio.CancelledError:
            if self._stop is None:
                raise
            self._settle(outcome)
        except AnswerRefused as refused:
            why = refused.error
            log.warning("reviewer's answer refused", reason=why.reason, message=why.message)
            outcome.answer_refused.error.CopyFrom(bounded_error(to_task_error(why)))
        except errors.RadmeshError as error:
            log.warning("attempt failed", reason=error.reason, message=error.message)
            outcome.error.CopyFrom(bounded_error(to_task_error(error)))
        except Exception:  # whatever it was, `tasks` waits for an answer
            log.exception("attempt broke")
            broken = errors.InferenceError("the worker failed; its log says why", reason="INTERNAL")
            outcome.error.CopyFrom(to_task_error(broken))
        self._gate.close()
        log.info("attempt ended", outcome=outcome.WhichOneof("outcome"), seconds=round(self.seconds, 3))
        self.outcome = outcome
        self._tools.on_end(self)

    async def _run(self, outcome: WorkerOutcome) -> None:
        if self._stop is not None:
            raise CancelledRun
        process = await self._tools.pool.take()
        try:
            async with AsyncExitStack() as borrowed:
                inputs = await self._borrow_inputs(borrowed)
                output, run_seconds = await self._run_model(process, inputs)
        finally:
            self._process = None
            self._tools.pool.give_back(process)
        check_result(output.result)
        check_artifacts([file.artifact for file in output.files])
        self._tools.on_output(self.assignment.pipeline, output)
        files = [(file.artifact, file.content) for file in output.files]
        self._refuse_used_names([artifact.file_name for artifact, _ in files])
        kept = await keep_files(self._tools.blobs, self.lease.task, self.lease.attempt, files)
        outcome.artifacts.extend(kept)
        if output.stage_finished:
            outcome.stage_finished.stage_result.CopyFrom(output.result)
        else:
            outcome.result.CopyFrom(output.result)
        outcome.run_time.FromNanoseconds(round(run_seconds * 1e9))

    async def _run_model(self, process: ModelProcess, inputs: Sequence[Path]) -> tuple[ModelOutput, float]:
        """What the model makes of the inputs, and the seconds that it took."""
        self._waiting, self._process = False, process
        waited = round(self.seconds, 3)
        log.info("attempt started", pipeline=self.assignment.pipeline, waited_seconds=waited)
        begun = time.monotonic()
        output = await process.run(
            self.assignment,
            inputs,
            self._report,
            timeout_seconds=self._timer_seconds("attempt_timeout"),
            stall_seconds=self._timer_seconds("progress_timeout"),
        )
        return output, time.monotonic() - begun

    def _refuse_used_names(self, file_names: Iterable[str]) -> None:
        """`tasks` would refuse them too, without saying which."""
        used = {artifact.file_name for artifact in self.assignment.accepted_stage.artifacts}
        again = sorted(used.intersection(file_names))
        if again:
            raise errors.InferenceError(
                f"stage {self.assignment.stage} wrote {', '.join(again)}, as a stage before it did; "
                "the pipeline has to name its files apart",
                reason="INVALID_OUTCOME",
            )

    async def _borrow_inputs(self, borrowed: AsyncExitStack) -> Sequence[Path]:
        """The files of the assignment while `borrowed` is open. Their task's references keep them."""
        keys = blob_keys(self.assignment)
        if not keys:
            return ()
        try:
            return await borrowed.enter_async_context(self._tools.blobs.lend(keys))
        except BlobNotFoundError as missing:
            if missing.metadata["key"].startswith("images/"):
                raise errors.ImageNotFoundError("an image of the task is gone; upload it again") from None
            gone = "a file of an earlier stage is gone; create the task again"
            raise errors.ArtifactNotFoundError(gone) from None

    def _report(self, progress: task_pb2.TaskProgress) -> None:
        if self._stop is None:
            progress.attempt = self.lease.attempt
            progress.update_time.GetCurrentTime()
            self._gate.offer(progress)

    def _settle(self, outcome: WorkerOutcome) -> None:
        if self._stop is Stop.RELEASE:
            outcome.released.CopyFrom(AttemptReleased(reason="WORKER_DRAINING"))
        elif self._stop is Stop.GIVE_BACK:
            outcome.released.CopyFrom(AttemptReleased(reason="NO_SLOT_CAME_FREE"))
        else:
            outcome.cancelled.CopyFrom(AttemptCancelled())

    def _timer_seconds(self, name: Literal["attempt_timeout", "progress_timeout"]) -> float | None:
        """A timer of the assignment with its margin; None when it says nothing of it, 0 when it is off."""
        if not self.assignment.HasField(name):
            return None
        seconds = getattr(self.assignment, name).ToMilliseconds() / 1000
        return seconds + _TIMEOUT_MARGIN_SECONDS if seconds else 0.0
