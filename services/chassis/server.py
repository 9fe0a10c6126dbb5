"""The life of a service process: settings, start, readiness, drain, exit."""

from collections.abc import Callable, Sequence
from typing import Protocol

import grpc

from services.chassis.metrics import Metrics
from services.chassis.settings import ServiceSettings


class Service(Protocol):
    """What a service gives the chassis. May also have `descriptor_pool`, the pool that reflection shows."""

    name: str
    settings: ServiceSettings

    def register(self, server: grpc.aio.Server) -> Sequence[str]:
        """Adds the servicers and returns the full names of their services, for health and reflection."""

    async def start(self) -> None:
        """Connects to peers. Called before the first RPC is taken; what it raises ends the process."""

    async def drain(self) -> None:
        """Takes no more work and ends long streams. Called once health says NOT_SERVING."""

    async def stop(self) -> None:
        """Closes everything. Called when the last RPC has ended."""


def run(service_factory: Callable[[Metrics], Service]) -> None:
    """Runs a service until SIGTERM or SIGINT, then drains it, and exits the process.

    Exit codes: 0 stopped as told, 1 could not start or broke, 2 a setting is wrong.
    """
    raise NotImplementedError
