"""Reads `--param name=value` by what the pipeline says of its parameters."""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from radmesh import names
from radmesh.client import Client
from radmesh.errors import InvalidRequestError, Violation
from radmesh.tasks.v1 import pipeline_pb2

_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def read_parameters(pairs: Sequence[str], pipeline: pipeline_pb2.Pipeline) -> dict[str, Any]:
    """The values by name, each of its parameter's type. Limits are for the server to check.

    An image is the name of one that was uploaded, or the path of a file: see `upload_images`.
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


async def upload_images(client: Client, values: dict[str, Any]) -> dict[str, Any]:
    """The values with each file among them brought in, and its image's name in its place."""
    return {
        name: (await client.upload(value)).name if isinstance(value, Path) else value
        for name, value in values.items()
    }


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
        pipeline_pb2.PIPELINE_PARAMETER_TYPE_IMAGE: _image,
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


def _image(text: str) -> str | Path:
    if names.parse("images", text) is not None:
        return text
    path = Path(text)
    if not path.is_file():
        raise ValueError("must be a file, or images/{sha256} of one that was uploaded")
    return path


def _boolean(text: str) -> bool:
    try:
        return _BOOLEANS[text.lower()]
    except KeyError:
        raise ValueError("must be true or false") from None
