"""How a worker introduces itself: each rule of a hello, at its limits and beyond."""

import time
import uuid
from collections.abc import Callable

import pytest
from google.protobuf import descriptor_pb2, struct_pb2

from radmesh.errors import InvalidRequestError
from radmesh.models.v1 import model_pb2
from radmesh.segmentation.v1 import octa_pb2
from radmesh.tasks.v1 import pipeline_pb2
from radmesh.tasks.v1.worker_service_pb2 import Lease, WorkerHello, WorkerPipelines
from services.tasks.hello import check_hello, check_leases, check_pipelines
from services.tasks.parameters import MAX_PARAMETERS
from services.tasks.timeouts import TimeoutPolicy
from tests.unit.tasks.test_result_types import AREA, types


def descriptors() -> bytes:
    found = descriptor_pb2.FileDescriptorSet()
    octa_pb2.DESCRIPTOR.CopyToProto(found.file.add())
    return found.SerializeToString()


def hello() -> WorkerHello:
    pipeline = pipeline_pb2.Pipeline(
        name="pipelines/octa-vessels",
        title="Vessels",
        result_type="radmesh.segmentation.v1.OctaVesselsResult",
        max_attempts=3,
    )
    pipeline.input.media_types.append("image/png")
    pipeline.input.min_images = pipeline.input.max_images = 1
    pipeline.attempt_timeout.FromSeconds(60)
    pipeline.queue_timeout.FromSeconds(60)
    threshold = pipeline.parameters.add(name="threshold", type=pipeline_pb2.PIPELINE_PARAMETER_TYPE_NUMBER)
    threshold.min_value, threshold.max_value, threshold.default_value.number_value = 0, 1, 0.5
    pipeline.artifacts.add(file_name="mask.png", media_type="image/png")
    model = pipeline.models.add(name="models/octa")
    model.weights.add(name="models/octa/weights/official", digest=f"sha256:{'0' * 64}")
    return WorkerHello(worker=str(uuid.uuid4()), pipelines=[pipeline], descriptor_set=descriptors(), slots=1)


def fields_of(broken: WorkerHello) -> list[str]:
    with pytest.raises(InvalidRequestError) as refused:
        check_hello(broken, TimeoutPolicy())
    return [violation.field for violation in refused.value.violations]


def test_a_hello_that_keeps_all_rules_is_taken() -> None:
    check_hello(hello(), TimeoutPolicy())


def test_a_hello_may_go_to_its_limits() -> None:
    full = hello()
    full.slots = 64
    for number in range(2, 65):
        full.pipelines.add().CopyFrom(full.pipelines[0])
        full.pipelines[-1].name = f"pipelines/octa-{number}"
    full.leases.extend([LEASE] * 1_000)
    check_hello(full, TimeoutPolicy())
    # What is past a limit is not looked at: a list of a million would hold up all tasks.
    full.pipelines.add(name="nonsense")
    full.leases.add(task="nonsense")
    assert fields_of(full) == ["hello.pipelines", "hello.leases"]


def test_a_worker_may_name_as_many_leases_as_it_can_have() -> None:
    check_leases("leases", [LEASE] * 1_000)
    with pytest.raises(InvalidRequestError):
        check_leases("leases", [LEASE] * 1_001)


def test_a_pipeline_may_go_to_its_limits() -> None:
    full = hello()
    pipeline = full.pipelines[0]
    pipeline.title, pipeline.max_attempts, pipeline.input.min_images = "x" * 2_000, 10, 0
    add_parameters(full, MAX_PARAMETERS - 1)
    pipeline.parameters[1].pattern = "a" * 200
    pipeline.parameters[2].type = pipeline_pb2.PIPELINE_PARAMETER_TYPE_INTEGER
    pipeline.parameters[2].min_value = pipeline.parameters[2].max_value = 5
    check_hello(full, TimeoutPolicy())


def test_a_parameter_may_have_no_value_when_it_is_left_out() -> None:
    known = hello()
    nothing = struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)
    number = pipeline_pb2.PIPELINE_PARAMETER_TYPE_NUMBER
    known.pipelines[0].parameters.add(name="height_m", type=number, default_value=nothing)
    known.pipelines[0].parameters.add(
        name="mask", type=IMAGE, media_types=["image/png"], default_value=nothing
    )
    check_hello(known, TimeoutPolicy())


STRING = pipeline_pb2.PIPELINE_PARAMETER_TYPE_STRING
NUMBER = pipeline_pb2.PIPELINE_PARAMETER_TYPE_NUMBER
IMAGE = pipeline_pb2.PIPELINE_PARAMETER_TYPE_IMAGE
LEASE = Lease(task=f"tasks/{'a' * 32}", attempt=1, token="t")


def negative(one: WorkerHello, field: str) -> None:
    setattr(one.pipelines[0].input, field, -1)


def add_parameters(one: WorkerHello, number: int) -> None:
    for index in range(number):
        one.pipelines[0].parameters.add(name=f"more_{index}", type=STRING)


def delete_models(one: WorkerHello, **changes: object) -> None:
    pipeline = one.pipelines[0]
    pipeline.deletes_model = pipeline.operators_only = True
    pipeline.parameters.add(name="name", type=STRING)
    for field, value in changes.items():
        setattr(pipeline.parameters[-1] if field == "type" else pipeline, field, value)


def test_a_pipeline_for_operators_may_delete_models() -> None:
    known = hello()
    delete_models(known)
    check_hello(known, TimeoutPolicy())


RULES: list[tuple[str, Callable[[WorkerHello], object]]] = [
    ("hello.worker", lambda one: setattr(one, "worker", "me")),
    ("hello.slots", lambda one: setattr(one, "slots", 65)),
    ("hello.slots", lambda one: setattr(one, "slots", 0)),
    ("hello.leases", lambda one: one.leases.extend([LEASE] * 1_001)),
    ("hello.pipelines", lambda one: one.pipelines.extend([one.pipelines[0]] * 64)),
    ("hello.descriptor_set", lambda one: setattr(one, "descriptor_set", types(AREA) * 5_000)),
    ("hello.pipelines", lambda one: one.ClearField("pipelines")),
    ("hello.pipelines[1].name", lambda one: one.pipelines.add().CopyFrom(one.pipelines[0])),
    ("hello.descriptor_set", lambda one: setattr(one, "descriptor_set", b"\xff")),
    ("hello.pipelines[0]", lambda one: one.pipelines[0].input.media_types.extend(["image/png"] * 10_000)),
    ("hello.pipelines[0].attempt_timeout", lambda one: one.pipelines[0].attempt_timeout.FromSeconds(10**9)),
    (
        "hello.pipelines[0].queue_timeout",
        lambda one: setattr(one.pipelines[0].queue_timeout, "seconds", 2**62),
    ),
    ("hello.leases[0]", lambda one: one.leases.append(Lease(task="x"))),
    ("hello.pipelines[0].name", lambda one: setattr(one.pipelines[0], "name", "octa")),
    ("hello.pipelines[0].title", lambda one: setattr(one.pipelines[0], "title", "")),
    ("hello.pipelines[0].title", lambda one: setattr(one.pipelines[0], "title", "x" * 2_001)),
    ("hello.pipelines[0].max_attempts", lambda one: setattr(one.pipelines[0], "max_attempts", 11)),
    ("hello.pipelines[0].result_type", lambda one: setattr(one.pipelines[0], "result_type", "")),
    ("hello.pipelines[0].max_attempts", lambda one: setattr(one.pipelines[0], "max_attempts", 0)),
    ("hello.pipelines[0].queue_timeout", lambda one: one.pipelines[0].queue_timeout.FromSeconds(0)),
    ("hello.pipelines[0].heartbeat_timeout", lambda one: one.pipelines[0].heartbeat_timeout.FromSeconds(5)),
    ("hello.pipelines[0].review_timeout", lambda one: one.pipelines[0].review_timeout.FromSeconds(-1)),
    ("hello.pipelines[0].input.min_images", lambda one: setattr(one.pipelines[0].input, "min_images", 2)),
    ("hello.pipelines[0].deletes_model", lambda one: delete_models(one, operators_only=False)),
    ("hello.pipelines[0].deletes_model", lambda one: delete_models(one, type=NUMBER)),
    ("hello.pipelines[0].input.min_images", lambda one: negative(one, "min_images")),
    ("hello.pipelines[0].input.max_image_bytes", lambda one: negative(one, "max_image_bytes")),
    ("hello.pipelines[0].input.max_image_pixels", lambda one: negative(one, "max_image_pixels")),
    ("hello.pipelines[0].input.min_image_side", lambda one: negative(one, "min_image_side")),
    ("hello.pipelines[0].input.media_types", lambda one: one.pipelines[0].input.ClearField("media_types")),
    (
        "hello.pipelines[0].input.accepts_series",
        lambda one: setattr(one.pipelines[0].input, "accepts_series", True),
    ),
    (
        "hello.pipelines[0].parameters[0].name",
        lambda one: setattr(one.pipelines[0].parameters[0], "name", "A-b"),
    ),
    ("hello.pipelines[0].parameters[0].type", lambda one: one.pipelines[0].parameters[0].ClearField("type")),
    (
        "hello.pipelines[0].parameters[0].min_value",
        lambda one: setattr(one.pipelines[0].parameters[0], "min_value", 2),
    ),
    (
        "hello.pipelines[0].parameters[0].default_value",
        lambda one: setattr(one.pipelines[0].parameters[0].default_value, "string_value", "x"),
    ),
    (
        "hello.pipelines[0].parameters[0].pattern",
        lambda one: setattr(one.pipelines[0].parameters[0], "pattern", "a"),
    ),
    ("hello.pipelines[0].parameters", lambda one: add_parameters(one, MAX_PARAMETERS)),
    (
        "hello.pipelines[0].parameters[1].pattern",
        lambda one: one.pipelines[0].parameters.add(name="side", type=STRING, pattern="a" * 201),
    ),
    (
        "hello.pipelines[0].models[1].name",
        lambda one: one.pipelines[0].models.add().CopyFrom(one.pipelines[0].models[0]),
    ),
    (
        "hello.pipelines[0].parameters[1].min_value",
        lambda one: one.pipelines[0].parameters.add(name="side", type=STRING, min_value=1),
    ),
    (
        "hello.pipelines[0].parameters[1].min_value",
        lambda one: one.pipelines[0].parameters.add(name="side", type=STRING, max_value=1),
    ),
    (
        "hello.pipelines[0].parameters[1].pattern",
        lambda one: one.pipelines[0].parameters.add(name="range", type=STRING, pattern="["),
    ),
    (
        "hello.pipelines[0].parameters[0].media_types",
        lambda one: one.pipelines[0].parameters[0].media_types.append("image/png"),
    ),
    (
        "hello.pipelines[0].parameters[1].media_types",
        lambda one: one.pipelines[0].parameters.add(name="mask", type=IMAGE),
    ),
    (
        "hello.pipelines[0].parameters[1].reviewable",
        lambda one: one.pipelines[0].parameters.add(
            name="mask", type=IMAGE, media_types=["image/png"], reviewable=True
        ),
    ),
    (
        "hello.pipelines[0].parameters[1].default_value",
        lambda one: one.pipelines[0].parameters.add(
            name="mask",
            type=IMAGE,
            media_types=["image/png"],
            default_value=struct_pb2.Value(string_value=f"images/{'0' * 64}"),
        ),
    ),
    (
        "hello.pipelines[0].parameters[0].allowed_values",
        lambda one: one.pipelines[0].parameters[0].allowed_values.append("x"),
    ),
    (
        "hello.pipelines[0].parameters[1].name",
        lambda one: one.pipelines[0].parameters.add().CopyFrom(one.pipelines[0].parameters[0]),
    ),
    (
        "hello.pipelines[0].artifacts[0].file_name",
        lambda one: setattr(one.pipelines[0].artifacts[0], "file_name", "../mask.png"),
    ),
    ("hello.pipelines[0].models[0].name", lambda one: setattr(one.pipelines[0].models[0], "name", "octa")),
    ("hello.pipelines[0].models[0].weights", lambda one: one.pipelines[0].models[0].ClearField("weights")),
    (
        "hello.pipelines[0].models[0].weights[0].name",
        lambda one: setattr(one.pipelines[0].models[0].weights[0], "name", "models/other/weights/official"),
    ),
    (
        "hello.pipelines[0].models[0].weights[0].digest",
        lambda one: setattr(one.pipelines[0].models[0].weights[0], "digest", "0"),
    ),
]


@pytest.mark.parametrize(("field", "break_it"), RULES, ids=[field for field, _ in RULES])
def test_each_rule_is_enforced_and_its_field_is_named(
    field: str, break_it: Callable[[WorkerHello], object]
) -> None:
    broken = hello()
    break_it(broken)
    assert field in fields_of(broken)


@pytest.mark.parametrize(
    "fill",
    [
        lambda one: one.pipelines.extend([pipeline_pb2.Pipeline()] * 1_000_000),
        lambda one: one.leases.extend([Lease()] * 1_000_000),
        lambda one: one.pipelines[0].parameters.extend([pipeline_pb2.PipelineParameter()] * 30_000),
        lambda one: one.pipelines[0].models.extend([model_pb2.Model()] * 30_000),
    ],
    ids=["pipelines", "leases", "parameters", "models"],
)
def test_a_message_full_of_mistakes_is_refused_at_once(fill: Callable[[WorkerHello], object]) -> None:
    """The check runs on the event loop of all tasks."""
    broken = hello()
    fill(broken)
    start = time.process_time()
    assert len(fields_of(broken)) <= 100
    assert time.process_time() - start < 5


def test_a_change_of_pipelines_that_is_full_of_mistakes_is_refused_at_once_too() -> None:
    told = WorkerPipelines(pipelines=hello().pipelines, descriptor_set=descriptors())
    told.pipelines[0].parameters.extend([pipeline_pb2.PipelineParameter()] * 30_000)
    with pytest.raises(InvalidRequestError) as refused:
        check_pipelines(told, ["octa-vessels"], TimeoutPolicy())
    assert len(refused.value.violations) <= 100
    assert refused.value.violations[0].field.startswith("pipelines.pipelines[0]")
