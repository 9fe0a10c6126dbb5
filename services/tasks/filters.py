"""Reads what a list of tasks is asked for: the size of its page and its filter."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from radmesh.errors import InvalidRequestError, Violation
from radmesh.tasks.v1.task_service_pb2 import ListTasksRequest
from services.chassis.pages import DEFAULT_PAGE_SIZE, size_violations
from services.tasks.lifecycle import State
from services.tasks.records import TaskFilter

MAX_FILTER_CHARACTERS = 500
_TERM = re.compile(r"([a-z_]+)(\.[^=<>]*)?(>=|<|=)(.*)", re.DOTALL)
_PIPELINE = re.compile(r"(?:pipelines/)?([a-z][a-z0-9-]{0,62})")
_LABEL_KEY = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_STATES = {state.name: state for state in State if state is not State.NONE}


def parse_filter(text: str) -> TaskFilter:
    """The filter that a text spells, such as `state=RUNNING AND labels.ward=west`.

    Raises InvalidRequestError that names every term which cannot be used.
    """
    if len(text) > MAX_FILTER_CHARACTERS:
        raise InvalidRequestError([Violation("filter", f"is longer than {MAX_FILTER_CHARACTERS} characters")])
    found, problems = TaskFilter(), []
    for term in text.split(" AND ") if text.strip() else []:
        try:
            found = _with_term(found, term.strip())
        except _TermError as error:
            problems.append(Violation("filter", f"`{term.strip()}`: {error}"))
    if problems:
        raise InvalidRequestError(problems)
    return found


def read_list(request: ListTasksRequest) -> tuple[int, TaskFilter]:
    """The page size and the filter of a request. Raises InvalidRequestError that names all that is wrong."""
    problems = size_violations(request.page_size)
    try:
        task_filter = parse_filter(request.filter)
    except InvalidRequestError as error:
        problems += error.violations
    if problems:
        raise InvalidRequestError(problems)
    return request.page_size or DEFAULT_PAGE_SIZE, task_filter


class _TermError(Exception):
    """A term cannot be used; says why."""


def _with_term(found: TaskFilter, term: str) -> TaskFilter:
    match = _TERM.fullmatch(term)
    if match is None:
        raise _TermError("is not `field=value`")
    field, key, comparison, value = match.groups()
    if field == "labels" and key:
        return _with_label(found, key[1:], comparison, value)
    reader = _READERS.get((field, comparison)) if not key else None
    if reader is None:
        raise _TermError(
            "unknown field or comparison: state=, pipeline=, owner=, labels.KEY=, create_time>= and < "
            "are known"
        )
    name, read = reader
    if getattr(found, name) is not None:
        raise _TermError("stands twice")
    return replace(found, **{name: read(value)})


def _with_label(found: TaskFilter, key: str, comparison: str, value: str) -> TaskFilter:
    if not _LABEL_KEY.fullmatch(key) or comparison != "=":
        raise _TermError("a label is compared as `labels.KEY=VALUE`")
    if key in found.labels:
        raise _TermError("stands twice")
    return replace(found, labels={**found.labels, key: value})


def _state(value: str) -> State:
    state = _STATES.get(value.removeprefix("TASK_STATE_"))
    if state is None:
        raise _TermError(f"the states are {', '.join(_STATES)}")
    return state


def _pipeline(value: str) -> str:
    match = _PIPELINE.fullmatch(value)
    if match is None:
        raise _TermError("is not a pipeline's name")
    return match[1]


def _time(value: str) -> datetime:
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        raise _TermError("is not a time such as 2026-01-31T00:00:00Z") from None
    if time.tzinfo is None:
        raise _TermError("the time needs its zone, such as Z")
    return time


_READERS: dict[tuple[str, str], tuple[str, Callable[[str], Any]]] = {
    ("state", "="): ("state", _state),
    ("pipeline", "="): ("pipeline", _pipeline),
    ("owner", "="): ("owner", str),
    ("create_time", ">="): ("create_from", _time),
    ("create_time", "<"): ("create_before", _time),
}
