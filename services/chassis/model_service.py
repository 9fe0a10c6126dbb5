"""A service that runs models: its children, its worker, and what it serves itself."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import grpc

from services.chassis.attempt import Attempt
from services.chassis.blobs import BlobStore, open_blob_store
from services.chassis.channels import connect
from services.chassis.child_process import RunnerSpec
from services.chassis.metrics import Metrics
from services.chassis.model_pool import ModelPool
from services.chassis.model_process import ModelOutput, ModelProcess, ModelTimers
from services.chassis.worker import Worker
from services.chassis.worker_metrics import WorkerMetrics
from services.chassis.worker_profile import WorkerProfile
from services.chassis.worker_settings import WorkerSettings

_HAND_BACK_SECONDS = 1.0
"""Time of a drain that is kept for handing back what did not finish."""


class ModelService:
    """The chassis' Service for a model service. A subclass overrides `register` when it serves RPCs.

    inference_seconds: reads the time of the forward pass off an output, for the metrics; None if not known.
    """

    def __init__(
        self,
        name: str,
        settings: WorkerSettings,
        profile: WorkerProfile,
        spec: RunnerSpec,
        metrics: Metrics,
        *,
        inference_seconds: Callable[[ModelOutput], float | None] = lambda output: None,
    ) -> None:
        self.name = name
        self.settings: WorkerSettings = settings
        self.metrics = WorkerMetrics(metrics)
        self.draining = False
        self._profile = profile
        self._inference_seconds = inference_seconds
        self.blobs: BlobStore = open_blob_store(settings.blobs)
        timers = ModelTimers(settings.load_seconds, settings.cancel_seconds, settings.stall_seconds)
        spec = replace(spec, memory_bytes=settings.child_memory_bytes)
        self.pool = ModelPool(
            [ModelProcess(spec, timers, on_load=self.metrics.loaded) for _ in range(settings.slots)]
        )
        self._channel: grpc.aio.Channel | None = None
        self._worker: Worker | None = None

    def register(self, server: grpc.aio.Server) -> Sequence[str]:
        """See Service. A worker without RPCs of its own still answers health checks and reflection."""
        return ()

    async def start(self) -> None:
        """See Service. Does not wait for the models: tasks queue until one is loaded."""
        self.pool.start()
        # No retries by the channel: the worker repeats its stream itself, with its leases in the hello.
        self._channel = connect(self.settings.tasks, retries=False)
        self._worker = Worker(
            self._profile,
            self.pool,
            self.blobs,
            self._channel,
            welcome_seconds=self.settings.welcome_seconds,
            on_output=self.observe,
            on_outcome=self._attempt_ended,
            on_connected=self.metrics.connected.set,
        )
        self._worker.start()

    async def ready(self) -> None:
        """See Service. A worker whose model does not load stays NOT_SERVING, and its log says why."""
        await self.pool.wait_loaded()

    async def drain(self) -> None:
        """See Service."""
        self.draining = True
        if self._worker:
            # The chassis cuts the drain after `drain_seconds`: what is still running then must already have
            # been stopped and handed back, or its lease has to run out first.
            reserve = self.settings.cancel_seconds + _HAND_BACK_SECONDS
            await self._worker.drain(max(0.0, self.settings.drain_seconds - reserve))

    async def stop(self) -> None:
        """See Service."""
        if self._worker:
            await self._worker.stop()
        await self.pool.stop()
        if self._channel:
            await self._channel.close(None)

    def describe(self, profile: WorkerProfile) -> None:
        """Changes what the worker says of its pipelines, which stay the same ones. See Worker.describe."""
        self._profile = profile
        if self._worker:
            self._worker.describe(profile)

    def observe(self, pipeline: str, output: ModelOutput) -> None:
        """Counts an output, of a task or of a direct call."""
        seconds = self._inference_seconds(output)
        if seconds is not None:
            self.metrics.inferred(pipeline, seconds)

    def _attempt_ended(self, attempt: Attempt) -> None:
        outcome = attempt.outcome.WhichOneof("outcome") if attempt.outcome else None
        self.metrics.attempt_ended(attempt.assignment.pipeline, outcome or "cancelled", attempt.seconds)
