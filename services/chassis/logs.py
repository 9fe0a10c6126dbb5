"""Structured logs: one JSON object a line, with task and trace, and nothing that names a patient."""

from typing import Any

import structlog

from services.chassis.settings import ServiceSettings


def configure(service: str, settings: ServiceSettings) -> None:
    """Sends the logs of the process, libraries included, to stderr and to the file that the settings name."""
    raise NotImplementedError


def logger(name: str) -> Any:
    """A logger: `logger(__name__).warning("lease lost", attempt=2)`. The event is a fixed phrase."""
    return structlog.get_logger(name)
