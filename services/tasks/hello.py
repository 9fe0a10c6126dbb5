"""Checks how a worker introduces itself and its pipelines."""

import itertools
import re
from collections.abc import Container, Iterator, Sequence

from radmesh import formats, names
from radmesh.errors import InvalidRequestError, Violation
from radmesh.tasks.v1 import pipeline_pb2, worker_service_pb2
from services.tasks.descriptors import DescriptorSetError, read_types
from services.tasks.parameters import MAX_PARAMETERS, is_optional, read_value
from services.tasks.timeouts import TimeoutPolicy
from services.tasks.timeouts import pipeline_violations as timeout_violations
from services.tasks.translate import lease_key

MAX_SLOTS = 64
MAX_PIPELINES = 64
# Those that run, and those whose outcomes are not acknowledged yet.
MAX_LEASES = 1_000
MAX_ATTEMPTS = 10
MAX_TEXT_CHARACTERS = 2000
MAX_PATTERN_CHARACTERS = 200
# Fifty of them, a page, fit into one message.
MAX_PIPELINE_BYTES = 64 << 10
# More than a status can name.
_MOST_VIOLATIONS = 100
_PARAMETER_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_NUMBERS = (
    pipeline_pb2.PIPELINE_PARAMETER_TYPE_NUMBER,
    pipeline_pb2.PIPELINE_PARAMETER_TYPE_INTEGER,
)


def check_hello(hello: worker_service_pb2.WorkerHello, policy: TimeoutPolicy) -> None:
    """Raises InvalidRequestError that names the fields of the hello which break their rules.

    It runs on the event loop of all tasks: a message that holds nothing but mistakes must not hold it up.
    """
    problems = list(itertools.islice(_hello_violations(hello, policy), _MOST_VIOLATIONS))
    if problems:
        raise InvalidRequestError([Violation(f"hello.{one.field}", one.description) for one in problems])


def check_pipelines(
    told: worker_service_pb2.WorkerPipelines, known: Sequence[str], policy: TimeoutPolicy
) -> None:
    """Raises InvalidRequestError when what a worker serves now breaks a rule. known: ids of its hello."""
    problems = list(itertools.islice(_served_violations(told, policy), _MOST_VIOLATIONS))
    if {pipeline.name for pipeline in told.pipelines} != {f"pipelines/{one}" for one in known}:
        problems.append(Violation("pipelines", "must be those of the hello"))
    if problems:
        raise InvalidRequestError([Violation(f"pipelines.{one.field}", one.description) for one in problems])


def check_leases(field: str, leases: Sequence[worker_service_pb2.Lease]) -> None:
    """Raises InvalidRequestError when a worker names more leases than it can have."""
    if len(leases) > MAX_LEASES:
        raise InvalidRequestError([Violation(field, _too_many_leases(leases))])


def _too_many_leases(leases: Sequence[worker_service_pb2.Lease]) -> str:
    return f"at most {MAX_LEASES}, {len(leases)} given"


def _hello_violations(hello: worker_service_pb2.WorkerHello, policy: TimeoutPolicy) -> Iterator[Violation]:
    if not names.is_request_id(hello.worker):
        yield Violation("worker", "must be a UUID of version 4")
    if not 1 <= hello.slots <= MAX_SLOTS:
        yield Violation("slots", f"must be from 1 to {MAX_SLOTS}")
    if not 1 <= len(hello.pipelines) <= MAX_PIPELINES:
        yield Violation("pipelines", f"must be from 1 to {MAX_PIPELINES}, {len(hello.pipelines)} given")
    if len(hello.leases) > MAX_LEASES:
        yield Violation("leases", _too_many_leases(hello.leases))
    for index, lease in enumerate(hello.leases[:MAX_LEASES]):
        if lease_key(lease) is None:
            yield Violation(f"leases[{index}]", "needs a task's name, an attempt from 1 and a token")
    yield from _served_violations(hello, policy)


def _served_violations(
    told: worker_service_pb2.WorkerHello | worker_service_pb2.WorkerPipelines, policy: TimeoutPolicy
) -> Iterator[Violation]:
    types: set[str] | None = None
    try:
        shapes = read_types(told.descriptor_set)
        types = {name for name, shape in shapes.items() if shape["kind"] == "message"}
    except DescriptorSetError as error:
        yield Violation("descriptor_set", str(error))
    pipelines = told.pipelines[:MAX_PIPELINES]
    yield from _repeats("pipelines", [pipeline.name for pipeline in pipelines])
    for index, pipeline in enumerate(pipelines):
        if pipeline.ByteSize() > MAX_PIPELINE_BYTES:
            yield Violation(f"pipelines[{index}]", f"has more than {MAX_PIPELINE_BYTES} bytes")
            continue
        for violation in pipeline_violations(pipeline, types, policy):
            yield Violation(f"pipelines[{index}].{violation.field}", violation.description)


def pipeline_violations(
    pipeline: pipeline_pb2.Pipeline, types: Container[str] | None, policy: TimeoutPolicy
) -> Iterator[Violation]:
    """Every rule that a pipeline's description breaks.

    types: full names that its result may have; None when they could not be read.
    """
    if names.parse("pipelines", pipeline.name) is None:
        yield Violation("name", names.rule("pipelines"))
    if not pipeline.title or len(pipeline.title) > MAX_TEXT_CHARACTERS:
        yield Violation("title", f"must have from 1 to {MAX_TEXT_CHARACTERS} characters")
    if types is not None and pipeline.result_type not in types:
        yield Violation("result_type", "must be a message of `descriptor_set`")
    if not 1 <= pipeline.max_attempts <= MAX_ATTEMPTS:
        yield Violation("max_attempts", f"must be from 1 to {MAX_ATTEMPTS}")
    yield from timeout_violations(pipeline, policy)
    if pipeline.deletes_model and not (pipeline.operators_only and _takes_name(pipeline)):
        yield Violation("deletes_model", "needs `operators_only` and a string parameter `name`")
    yield from _input_violations(pipeline.input)
    yield from _parameter_list_violations(pipeline)
    for index, artifact in enumerate(pipeline.artifacts):
        if not _FILE_NAME.fullmatch(artifact.file_name):
            yield Violation(f"artifacts[{index}].file_name", f"must match {_FILE_NAME.pattern}")
    yield from _model_violations(pipeline)


def _takes_name(pipeline: pipeline_pb2.Pipeline) -> bool:
    string = pipeline_pb2.PIPELINE_PARAMETER_TYPE_STRING
    return any(one.name == "name" and one.type == string for one in pipeline.parameters)


def _input_violations(wanted: pipeline_pb2.PipelineInput) -> Iterator[Violation]:
    if not 0 <= wanted.min_images <= wanted.max_images:
        yield Violation("input.min_images", "must be from 0 to `max_images`")
    if wanted.max_images > 0 and not wanted.media_types:
        yield Violation("input.media_types", "must name what is accepted")
    if wanted.accepts_series and formats.TAR not in wanted.media_types:
        yield Violation("input.accepts_series", f"needs {formats.TAR} among the media types")
    for field in ("max_image_bytes", "max_image_pixels", "min_image_side"):
        if getattr(wanted, field) < 0:
            yield Violation(f"input.{field}", "must not be negative")


def _parameter_list_violations(pipeline: pipeline_pb2.Pipeline) -> Iterator[Violation]:
    if len(pipeline.parameters) > MAX_PARAMETERS:
        yield Violation("parameters", f"at most {MAX_PARAMETERS}")
    yield from _repeats("parameters", [parameter.name for parameter in pipeline.parameters])
    for index, parameter in enumerate(pipeline.parameters):
        for violation in _parameter_violations(parameter):
            yield Violation(f"parameters[{index}].{violation.field}", violation.description)


def _parameter_violations(parameter: pipeline_pb2.PipelineParameter) -> Iterator[Violation]:
    if not _PARAMETER_NAME.fullmatch(parameter.name):
        yield Violation("name", f"must match {_PARAMETER_NAME.pattern}")
    if parameter.type not in pipeline_pb2.PipelineParameterType.values()[1:]:
        yield Violation("type", "must be set")
        return
    limited = parameter.HasField("min_value") or parameter.HasField("max_value")
    if limited and parameter.type not in _NUMBERS:
        yield Violation("min_value", "only a number has limits")
    both = parameter.HasField("min_value") and parameter.HasField("max_value")
    if both and parameter.min_value > parameter.max_value:
        yield Violation("min_value", "must not be over `max_value`")
    if parameter.allowed_values and parameter.type != pipeline_pb2.PIPELINE_PARAMETER_TYPE_STRING:
        yield Violation("allowed_values", "only a string has them")
    yield from _image_violations(parameter)
    yield from _pattern_violations(parameter)
    if parameter.HasField("default_value") and not is_optional(parameter):
        value, problem = read_value(parameter, parameter.default_value)
        if value is None:
            yield Violation("default_value", problem)


def _pattern_violations(parameter: pipeline_pb2.PipelineParameter) -> Iterator[Violation]:
    if parameter.pattern and parameter.type != pipeline_pb2.PIPELINE_PARAMETER_TYPE_STRING:
        yield Violation("pattern", "only a string has one")
    if len(parameter.pattern) > MAX_PATTERN_CHARACTERS:
        yield Violation("pattern", f"at most {MAX_PATTERN_CHARACTERS} characters")
        return
    try:
        re.compile(parameter.pattern)
    except (re.error, OverflowError, RecursionError) as error:
        yield Violation("pattern", f"is no regular expression: {error}")


def _image_violations(parameter: pipeline_pb2.PipelineParameter) -> Iterator[Violation]:
    is_image = parameter.type == pipeline_pb2.PIPELINE_PARAMETER_TYPE_IMAGE
    if is_image != bool(parameter.media_types):
        yield Violation("media_types", "an image must name what is accepted, and nothing else has them")
    if is_image and parameter.reviewable:
        yield Violation("reviewable", "an image cannot be set in a review; replace an artifact instead")
    if is_image and parameter.HasField("default_value") and not is_optional(parameter):
        yield Violation("default_value", "an image is required or has none")


def _model_violations(pipeline: pipeline_pb2.Pipeline) -> Iterator[Violation]:
    yield from _repeats("models", [model.name for model in pipeline.models])
    for index, model in enumerate(pipeline.models):
        if names.parse("models", model.name) is None:
            yield Violation(f"models[{index}].name", names.rule("models"))
        if not model.weights:
            yield Violation(f"models[{index}].weights", "must name one at least")
        for place, weights in enumerate(model.weights):
            field = f"models[{index}].weights[{place}]"
            if names.parse("weights", weights.name) is None or not weights.name.startswith(f"{model.name}/"):
                yield Violation(f"{field}.name", "must be `models/{model}/weights/{weights}` of this model")
            if not _DIGEST.fullmatch(weights.digest):
                yield Violation(f"{field}.digest", "must be `sha256:{hex}`")


def _repeats(field: str, found: list[str]) -> Iterator[Violation]:
    seen: set[str] = set()
    for index, name in enumerate(found):
        if name in seen:
            yield Violation(f"{field}[{index}].name", "stands twice")
        seen.add(name)
