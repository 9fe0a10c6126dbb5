"""What an operator may set of each pipeline of a model service: its timers and its attempts."""

from pydantic import BaseModel, Field

from radmesh.tasks.v1.pipeline_pb2 import Pipeline

_TIMEOUTS = ("queue", "attempt", "heartbeat", "progress", "review")


class PipelineLimits(BaseModel, frozen=True):
    """The limits of one pipeline. A model service has one for each of its pipelines, with its own defaults.

    A timeout that is None is the mesh's default: see the settings of `tasks`.
    """

    queue_timeout_seconds: float | None = Field(
        None, ge=0.001, description="Time that a task may wait; empty for the mesh's default."
    )
    attempt_timeout_seconds: float | None = Field(
        None, ge=0.001, description="Time that one attempt may take; empty for the mesh's default."
    )
    heartbeat_timeout_seconds: float | None = Field(
        None,
        ge=0.001,
        description="Time after the worker's last heartbeat at which its task goes to another; empty for the "
        "mesh's default. At least twice the heartbeat of `tasks`.",
    )
    progress_timeout_seconds: float | None = Field(
        None,
        ge=0,
        description="Time without a change in an attempt's progress after which it is tried again; longer "
        "than any one step of the model. 0: no watch; empty for the mesh's default.",
    )
    review_timeout_seconds: float | None = Field(
        None, ge=0.001, description="Time that a review waits for a decision; empty for the mesh's default."
    )
    max_attempts: int = Field(4, ge=1, le=10, description="Attempts that a task may have.")

    def describe(self, pipeline: Pipeline) -> None:
        """Puts the limits into a pipeline's description."""
        pipeline.max_attempts = self.max_attempts
        for name in _TIMEOUTS:
            seconds: float | None = getattr(self, f"{name}_timeout_seconds")
            if seconds is not None:
                getattr(pipeline, f"{name}_timeout").FromMilliseconds(round(seconds * 1000))
