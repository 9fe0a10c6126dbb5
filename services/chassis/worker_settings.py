"""The settings that every model service has, besides those of every service."""

from pydantic import Field

from services.chassis.settings import ServiceSettings


class WorkerSettings(ServiceSettings):
    """Where work comes from, and how long a model child may take. A subclass names the prefix."""

    tasks: str = Field(
        "127.0.0.1:50052",
        description="Where `tasks` is: host:port, several joined by commas, or a gRPC target.",
    )
    blobs: str = Field(..., description="The blob store, file:///absolute/folder.")
    slots: int = Field(1, ge=1, le=64, description="Tasks that run at once; each has a model child.")
    load_seconds: float = Field(120.0, gt=0, description="Time that a child gets to load its model.")
    child_memory_bytes: int = Field(
        0,
        ge=0,
        description="Memory that each model child may allocate; files that it maps do not count, nor does a "
        "GPU's. A run that wants more fails with OUT_OF_MEMORY. 0: no limit.",
    )
    cancel_seconds: float = Field(
        0.8, ge=0, description="Time that a model gets to obey a cancel before its child is killed."
    )
    stall_seconds: float = Field(
        60.0,
        gt=0,
        description="Time without a sign from the model of a direct call after which its child is killed; of "
        "a task its progress timeout decides.",
    )
    welcome_seconds: float = Field(
        10.0, gt=0, description="Time that `tasks` gets to answer the hello before the worker connects again."
    )
