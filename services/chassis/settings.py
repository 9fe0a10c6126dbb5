"""The settings that every service has; a service adds its own and names their prefix."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from radmesh.errors import FailedPreconditionError
from services.chassis.listening import parse_address


class ServiceSettings(BaseSettings):
    """What the chassis of one process needs. Read from the environment once, at the edge, and passed down.

    A subclass is called `<Service>Settings` and sets
    `model_config = SettingsConfigDict(env_prefix="RADMESH_<SERVICE>_", frozen=True)`.
    """

    model_config = SettingsConfigDict(frozen=True)

    listen: str = Field(
        "127.0.0.1:0", description="Where gRPC is served: host:port. Port 0 takes a free one."
    )
    metrics_listen: str = Field("", description="Where /metrics is served: host:port. Empty: nowhere.")
    allow_insecure: bool = Field(
        False, description="Whether to listen beyond loopback although nothing is encrypted or authenticated."
    )
    trust_principal: bool = Field(
        False,
        description="Whether callers are who `radmesh-principal` says: only where every peer is a service, "
        "or behind a proxy that authenticates and sets it. Everybody is `local` otherwise.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="The least severe level that is logged."
    )
    log_file: Path | None = Field(None, description="A file that gets the log too. It rotates by size.")
    log_file_max_bytes: int = Field(16 << 20, ge=1024, description="Size at which the log file rotates.")
    log_file_count: int = Field(5, ge=1, le=1000, description="Rotated log files that are kept.")
    drain_seconds: float = Field(
        10.0, ge=0, description="Time that running calls get to finish after SIGTERM before they are cut."
    )
    max_concurrent_streams: int = Field(20_000, ge=1, description="Calls at once on one connection.")
    max_pending_requests: int = Field(
        30_000,
        ge=1,
        description="Calls that may wait to be picked up. grpc-core's own 1,000 cancels a rush of watches.",
    )
    keepalive_seconds: float = Field(30.0, gt=0, description="Pause between pings on a silent connection.")
    max_connection_age_seconds: float = Field(
        0.0, ge=0, description="Age at which a connection is closed so that load spreads again. 0: never."
    )
    max_connection_age_grace_seconds: float = Field(
        300.0, ge=0, description="Time that calls on an aged connection get to finish."
    )

    @field_validator("listen", "metrics_listen")
    @classmethod
    def _is_address(cls, value: str) -> str:
        try:
            if value:
                parse_address(value)
        except FailedPreconditionError as error:
            raise ValueError(error.message) from error
        return value


def wrong_settings(error: ValidationError) -> Iterator[str]:
    """A line for each setting that is wrong, by its variable. The value may be a secret: it is not told."""
    prefix = f"RADMESH_{error.title.removesuffix('Settings').upper()}_"
    for wrong in error.errors(include_input=False, include_url=False):
        variable = prefix + "__".join(map(str, wrong["loc"])).upper()
        yield f"{variable}: {wrong['msg'].removeprefix('Value error, ')}"
