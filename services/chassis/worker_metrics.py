"""What a model service counts on top of its RPCs: model loads, attempts, inference."""

from prometheus_client import Counter, Gauge, Histogram

from services.chassis.child_process import ModelLoad
from services.chassis.metrics import Metrics

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)


class WorkerMetrics:
    """The collectors of a model service, on the registry of its process."""

    def __init__(self, metrics: Metrics) -> None:
        registry = metrics.registry
        self.connected = Gauge(
            "radmesh_worker_connected", "1 while `tasks` knows this worker, else 0.", registry=registry
        )
        self.model_loads = Counter(
            "radmesh_worker_model_loads", "Models loaded, by device.", ("device",), registry=registry
        )
        self.model_load_seconds = Histogram(
            "radmesh_worker_model_load_seconds", "Time to load a model.", buckets=_SECONDS, registry=registry
        )
        self.attempts = Counter(
            "radmesh_worker_attempts",
            "Attempts that ended, by pipeline and outcome: result, error, cancelled, released.",
            ("pipeline", "outcome"),
            registry=registry,
        )
        self.attempt_seconds = Histogram(
            "radmesh_worker_attempt_seconds",
            "Time from assignment to outcome, by pipeline.",
            ("pipeline",),
            buckets=_SECONDS,
            registry=registry,
        )
        self.inference_seconds = Histogram(
            "radmesh_worker_inference_seconds",
            "Time of a model's forward pass, by pipeline.",
            ("pipeline",),
            buckets=_SECONDS,
            registry=registry,
        )

    def loaded(self, load: ModelLoad) -> None:
        """A model was loaded."""
        self.model_loads.labels(load.device).inc()
        self.model_load_seconds.observe(load.seconds)

    def attempt_ended(self, pipeline: str, outcome: str, seconds: float) -> None:
        """An attempt ended. pipeline: `pipelines/{pipeline}`; outcome: name of the outcome's field."""
        name = pipeline.removeprefix("pipelines/")
        self.attempts.labels(name, outcome).inc()
        self.attempt_seconds.labels(name).observe(seconds)

    def inferred(self, pipeline: str, seconds: float) -> None:
        """A forward pass ended. pipeline: `pipelines/{pipeline}`."""
        self.inference_seconds.labels(pipeline.removeprefix("pipelines/")).observe(seconds)
