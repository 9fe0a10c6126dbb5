"""The parameters that a reviewer sets for the stages that follow. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from google.protobuf import struct_pb2

from radmesh.errors import InvalidRequestError, Violation
from radmesh.tasks.v1 import pipeline_pb2
from services.tasks.parameters import REQUIRED, check_parameters


@dataclass(frozen=True)
class ReviewedParameters:
    """As JSON objects; both empty where the reviewer set none.

    given: what the reviewer set. all: the task's parameters as they are with that.
    """

    given: str = ""
    all: str = ""


NONE = ReviewedParameters()


def reviewed_parameters(
    given: struct_pb2.Struct, pipeline: pipeline_pb2.Pipeline, before_json: str
) -> ReviewedParameters:
    """What a reviewer sets, checked against the pipeline. before_json: the task's parameters, all of them.

    Raises InvalidRequestError with every violation.
    """
    before = json.loads(before_json)
    described = {one.name: one for one in pipeline.parameters if one.reviewable}
    values, problems = check_parameters(given, described)
    # Those that are required stand in the task already.
    problems = [one for one in problems if one.description != REQUIRED]
    if problems:
        raise InvalidRequestError(
            [Violation(one.field, _not_unknown(one, pipeline) or one.description) for one in problems]
        )
    if not values:
        return NONE
    return ReviewedParameters(_json(values), _json({**before, **values}))


def _not_unknown(violation: Violation, pipeline: pipeline_pb2.Pipeline) -> str:
    name = violation.field.removeprefix("parameters.")
    settled = any(one.name == name and not one.reviewable for one in pipeline.parameters)
    return "cannot be set in a review; create another task" if settled else ""


def _json(values: Mapping[str, object]) -> str:
    return json.dumps(values, sort_keys=True, separators=(",", ":"))
