"""Reads `--param name=value` by what the pipeline says of its parameters. Pure."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from radmesh.errors import InvalidRequestError, Violation
from radmesh.tasks.v1 import pipeline_pb2

_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def read_parameters(pairs: Sequence[str], pipeline: pipeline_pb2.Pipeline) -> dict[str, Any]:
    """The values by name, each of its parameter's type. Limits are for the server to check.

    Raises InvalidRequestError that names every pair at fault.
    """
    known = {parameter.name: parameter for parameter in pipeline.parameters}
    values: dict[str, Any] = {}
    violations: list[Violation] = []
    for pair in pairs:
        name, equals, text = pair.partition("=")
        problem = _problem(name, bool(equals), known, values)
        if problem is None:
            try:
                values[name] = _readers()[known[name].type](text)
                continue
            except ValueError as error:
                problem = f"{error}, not '{text}'"
        violations.append(Violation(f"--param {name}", problem))
    if violations:
        raise InvalidRequestError(violations)
    return values


def _problem(
    name: str, has_value: bool, known: Mapping[str, pipeline_pb2.PipelineParameter], given: Mapping[str, Any]
) -> str | None:
    if not has_value:
        return "write it as name=value"
    if name not in known:
        names = ", ".join(known) or "none"
        return f"the pipeline has no such parameter; it has: {names}"
    return "given twice" if name in given else None


def _readers() -> Mapping[int, Callable[[str], Any]]:
    return {
        pipeline_pb2.PIPELINE_PARAMETER_TYPE_NUMBER: _number,
        pipeline_pb2.PIPELINE_PARAMETER_TYPE_INTEGER: _integer,
        pipeline_pb2.PIPELINE_PARAMETER_TYPE_BOOLEAN: _boolean,
        pipeline_pb2.PIPELINE_PARAMETER_TYPE_STRING: str,
        pipeline_pb2.PIPELINE_PARAMETER_TYPE_UNSPECIFIED: str,
    }


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError("must be a number")
    return value


def _integer(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError("must be a whole number") from None


def _boolean(text: str) -> bool:
    try:
        return _BOOLEANS[text.lower()]
    except KeyError:
        raise ValueError("must be true or false") from None
