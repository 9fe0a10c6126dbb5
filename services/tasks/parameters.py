"""Checks the parameters of a request against what a pipeline says of them."""

import math
import re
from collections.abc import Callable, Mapping

from google.protobuf import struct_pb2

from radmesh import names
from radmesh.errors import Violation
from radmesh.tasks.v1 import pipeline_pb2

MAX_PARAMETERS = 64
MAX_STRING_CHARACTERS = 1000
# Whole numbers beyond it are not exact in a JSON number (RFC 8259, section 6).
_MAX_EXACT = 2**53

REQUIRED = "is required"
"""What is said of a parameter that has no default and is not given."""

Scalar = float | int | bool | str


def check_parameters(
    given: struct_pb2.Struct, described: Mapping[str, pipeline_pb2.PipelineParameter]
) -> tuple[dict[str, Scalar], list[Violation]]:
    """The given parameters as values of their types, without defaults, and every violation.

    Null counts as not given: it is how a description says of a parameter that it may be left out.
    """
    values: dict[str, Scalar] = {}
    problems: list[Violation] = []
    if len(given.fields) > MAX_PARAMETERS:
        problems.append(Violation("parameters", f"at most {MAX_PARAMETERS} entries"))
    for name in sorted(given.fields):
        parameter = described.get(name)
        if parameter is None:
            known = ", ".join(sorted(described)) or "none"
            problems.append(Violation(f"parameters.{name}", f"is unknown; the pipeline takes: {known}"))
            continue
        if is_null(given.fields[name]):
            continue
        value, problem = read_value(parameter, given.fields[name])
        if value is None:
            problems.append(Violation(f"parameters.{name}", problem))
        else:
            values[name] = value
    for name, parameter in described.items():
        left_out = name not in given.fields or is_null(given.fields[name])
        if left_out and not parameter.HasField("default_value"):
            problems.append(Violation(f"parameters.{name}", REQUIRED))
    return values, problems


def plain_parameters(given: struct_pb2.Struct) -> dict[str, Scalar | None]:
    """The given parameters by name, whatever a pipeline says of them. None for what no parameter can be."""
    return {name: _plain(value) for name, value in given.fields.items() if not is_null(value)}


def is_null(value: struct_pb2.Value) -> bool:
    """Whether it is JSON's null, which is not the same as a value without a kind."""
    return value.WhichOneof("kind") == "null_value"


def _plain(value: struct_pb2.Value) -> Scalar | None:
    kind = value.WhichOneof("kind")
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "bool_value":
        return value.bool_value
    return value.string_value if kind == "string_value" else None


def with_defaults(
    values: Mapping[str, Scalar], described: Mapping[str, pipeline_pb2.PipelineParameter]
) -> dict[str, Scalar]:
    """All parameters of a pipeline: those given, and the defaults of the others."""
    found = dict(values)
    for name, parameter in described.items():
        if name not in found and parameter.HasField("default_value"):
            value, _ = read_value(parameter, parameter.default_value)
            if value is not None:
                found[name] = value
    return found


def is_optional(parameter: pipeline_pb2.PipelineParameter) -> bool:
    """Whether it may be left out and then has no value at all."""
    return is_null(parameter.default_value)


def read_value(
    parameter: pipeline_pb2.PipelineParameter, value: struct_pb2.Value
) -> tuple[Scalar | None, str]:
    """A value of the parameter's type, or None and what is wrong with it."""
    return _READERS[parameter.type](parameter, value)


def _number(parameter: pipeline_pb2.PipelineParameter, value: struct_pb2.Value) -> tuple[Scalar | None, str]:
    if value.WhichOneof("kind") != "number_value" or not math.isfinite(value.number_value):
        return None, "must be a number"
    number = value.number_value
    too_small = parameter.HasField("min_value") and number < parameter.min_value
    too_large = parameter.HasField("max_value") and number > parameter.max_value
    if too_small or too_large:
        return None, _limits(parameter)
    return number, ""


def _integer(parameter: pipeline_pb2.PipelineParameter, value: struct_pb2.Value) -> tuple[Scalar | None, str]:
    number, problem = _number(parameter, value)
    if number is None:
        return None, problem.replace("a number", "a whole number")
    if not float(number).is_integer() or abs(float(number)) > _MAX_EXACT:
        return None, "must be a whole number"
    return int(number), ""


def _boolean(_: pipeline_pb2.PipelineParameter, value: struct_pb2.Value) -> tuple[Scalar | None, str]:
    if value.WhichOneof("kind") != "bool_value":
        return None, "must be true or false"
    return value.bool_value, ""


def _string(parameter: pipeline_pb2.PipelineParameter, value: struct_pb2.Value) -> tuple[Scalar | None, str]:
    if value.WhichOneof("kind") != "string_value":
        return None, "must be a string"
    if parameter.allowed_values and value.string_value not in parameter.allowed_values:
        return None, f"must be one of {', '.join(parameter.allowed_values)}"
    if len(value.string_value) > MAX_STRING_CHARACTERS:
        return None, f"at most {MAX_STRING_CHARACTERS} characters"
    if parameter.pattern and not re.fullmatch(parameter.pattern, value.string_value):
        return None, f"must match {parameter.pattern}"
    return value.string_value, ""


def _image(_: pipeline_pb2.PipelineParameter, value: struct_pb2.Value) -> tuple[Scalar | None, str]:
    if names.parse("images", value.string_value) is None:
        return None, names.rule("images")
    return value.string_value, ""


def _untyped(_: pipeline_pb2.PipelineParameter, __: struct_pb2.Value) -> tuple[Scalar | None, str]:
    return None, "has no type in the pipeline's description"


def _limits(parameter: pipeline_pb2.PipelineParameter) -> str:
    unit = f" {parameter.unit}" if parameter.unit else ""
    lower = f"at least {parameter.min_value:g}{unit}" if parameter.HasField("min_value") else ""
    upper = f"at most {parameter.max_value:g}{unit}" if parameter.HasField("max_value") else ""
    return "must be " + " and ".join(limit for limit in (lower, upper) if limit)


_READERS: Mapping[
    int, Callable[[pipeline_pb2.PipelineParameter, struct_pb2.Value], tuple[Scalar | None, str]]
] = {
    pipeline_pb2.PIPELINE_PARAMETER_TYPE_UNSPECIFIED: _untyped,
    pipeline_pb2.PIPELINE_PARAMETER_TYPE_NUMBER: _number,
    pipeline_pb2.PIPELINE_PARAMETER_TYPE_INTEGER: _integer,
    pipeline_pb2.PIPELINE_PARAMETER_TYPE_BOOLEAN: _boolean,
    pipeline_pb2.PIPELINE_PARAMETER_TYPE_STRING: _string,
    pipeline_pb2.PIPELINE_PARAMETER_TYPE_IMAGE: _image,
}
