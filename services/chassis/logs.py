"""Structured logs: one JSON object a line, with task and trace, and nothing that names a patient."""

import asyncio
import logging
import sys
import traceback
from collections.abc import MutableMapping
from contextlib import AbstractContextManager
from datetime import date, datetime
from enum import Enum
from functools import lru_cache
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog

from radmesh.errors import RadmeshError
from services.chassis import tracing
from services.chassis.log_lines import LineFormatter, Lines, json_line
from services.chassis.settings import ServiceSettings

Entry = MutableMapping[str, Any]
_TEXTUAL = (str, int, float, bool, type(None))
_DROPPED = frozenset(
    {"accessionnumber", "birthdate", "dateofbirth", "dob", "filename", "institutionname", "mrn", "ssn"}
    | {"physicianname", "referringphysicianname", "studydescription"}
)
_FRAMES = 12


def configure(service: str, settings: ServiceSettings) -> None:
    """Sends the logs of the process, libraries included, to stderr and to the file that the settings name."""

    def add_service(_logger: Any, _method: str, entry: Entry) -> Entry:
        entry["service"] = service
        return entry

    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        add_service,
        _add_trace,
        _describe_exception,
        drop_patient_keys,
    ]
    render = json_line(_named)
    formatter = LineFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
    )
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
        old.close()
    for handler in _handlers(settings):
        handler.setFormatter(formatter)
        root.addHandler(handler)
    root.setLevel(level)
    structlog.configure(
        processors=[*shared, render],
        logger_factory=Lines,
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )


def logger(name: str) -> Any:
    """A logger: `logger(__name__).warning("lease lost", attempt=2)`. The event is a fixed phrase."""
    return structlog.stdlib.get_logger(name)


def about_task(task: str) -> AbstractContextManager[Any]:
    """Every line logged within the block carries the task's id."""
    return structlog.contextvars.bound_contextvars(task=task)


def log_unhandled(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """An event loop's exception handler. The default one prints values that may name a patient."""
    logger(__name__).error("unhandled in the background", exc_info=context.get("exception"))


def drop_patient_keys(_logger: Any, _method: str, entry: Entry) -> Entry:
    """A processor that removes fields whose names say that they identify a person, at any depth."""
    for key in [key for key in entry if _identifies_field(key)]:
        del entry[key]
    for key, value in entry.items():
        if not isinstance(value, _TEXTUAL):
            entry[key] = _cleaned(value)
    return entry


def _cleaned(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _cleaned(one) for key, one in value.items() if not _identifies(str(key))}
    if isinstance(value, list | tuple | set | frozenset):
        return [_cleaned(one) for one in value]
    return value


@lru_cache(maxsize=1_024)
def _identifies_field(key: str) -> bool:
    """The same of a field of our own code, of which there are few."""
    return _identifies(key)


def _identifies(key: str) -> bool:
    plain = "".join(filter(str.isalnum, key)).lower()
    return "patient" in plain or plain in _DROPPED


def _add_trace(_logger: Any, _method: str, entry: Entry) -> Entry:
    trace = tracing.current()
    if trace is not None:
        entry["trace_id"] = trace.trace_id
    return entry


def _describe_exception(_logger: Any, _method: str, entry: Entry) -> Entry:
    """Where an exception came from, without its text: that may hold what the code was working on."""
    raised = entry.pop("exc_info", None)
    if raised is True or isinstance(raised, tuple):
        raised = (sys.exc_info() if raised is True else raised)[1]
    if isinstance(raised, BaseException):
        entry["error"] = type(raised).__name__
        if isinstance(raised, RadmeshError):
            entry["reason"] = raised.reason
        elif isinstance(raised, OSError):
            entry["reason"] = raised.strerror
        frames = traceback.extract_tb(raised.__traceback__)[-_FRAMES:]
        entry["frames"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        if raised.__cause__ is not None:
            entry["cause"] = type(raised.__cause__).__name__
    return entry


def _named(value: Any) -> str:
    if isinstance(value, Path | Enum | UUID | date | datetime):
        return str(value)
    return f"<{type(value).__name__}>"


def _handlers(settings: ServiceSettings) -> list[logging.Handler]:
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
    if settings.log_file is not None:
        settings.log_file.parent.mkdir(parents=True, exist_ok=True)
        handlers.append(
            RotatingFileHandler(
                settings.log_file,
                maxBytes=settings.log_file_max_bytes,
                backupCount=settings.log_file_count,
                encoding="utf-8",
            )
        )
    return handlers
