"""A request for a task: each rule of its fields, and that all violations come at once."""

import json
import math
import time
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from google.protobuf import struct_pb2

from radmesh.errors import (
    ImageFormatError,
    ImageTooLargeError,
    InvalidRequestError,
    Violation,
)
from radmesh.tasks.v1 import pipeline_pb2
from radmesh.tasks.v1.task_service_pb2 import CreateTaskRequest
from services.tasks.records import ImageRecord, NewTask
from services.tasks.timeouts import TimeoutPolicy, in_force
from services.tasks.validation import (
    check_against_pipeline,
    check_images,
    new_task,
    read_fields,
    resource_id,
)

POLICY = TimeoutPolicy()
SHA256 = "ab" * 32
NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
REQUEST_ID = str(uuid.uuid4())


def pipeline() -> pipeline_pb2.Pipeline:
    found = pipeline_pb2.Pipeline(name="pipelines/octa-vessels", max_attempts=3)
    found.input.media_types.append("image/png")
    found.input.min_images = found.input.max_images = 1
    found.input.max_image_bytes = 1000
    found.attempt_timeout.FromSeconds(60)
    found.queue_timeout.FromSeconds(3600)
    number = found.parameters.add(name="threshold", type=pipeline_pb2.PIPELINE_PARAMETER_TYPE_NUMBER)
    number.min_value, number.max_value, number.default_value.number_value = 0, 1, 0.5
    tiles = found.parameters.add(name="tiles", type=pipeline_pb2.PIPELINE_PARAMETER_TYPE_INTEGER)
    tiles.default_value.number_value = 4
    flip = found.parameters.add(name="flip", type=pipeline_pb2.PIPELINE_PARAMETER_TYPE_BOOLEAN)
    flip.default_value.bool_value = False
    text = found.parameters.add(name="side", type=pipeline_pb2.PIPELINE_PARAMETER_TYPE_STRING)
    text.allowed_values.extend(["left", "right"])
    text.default_value.string_value = "left"
    model = found.models.add(name="models/octa")
    for name in ("official", "own"):
        model.weights.add(name=f"models/octa/weights/{name}", digest=f"sha256:{name}")
    return found


def request(**changes: Any) -> CreateTaskRequest:
    fields = {"request_id": REQUEST_ID, "pipeline": "pipelines/octa-vessels", "images": [f"images/{SHA256}"]}
    parameters = changes.pop("parameters", {})
    found = CreateTaskRequest(**{**fields, **changes})
    found.parameters.update(parameters)
    return found


def violations(asked: CreateTaskRequest) -> list[Violation]:
    return read_fields(asked, NOW, POLICY)[1] + check_against_pipeline(asked, pipeline())[1]


def created(asked: CreateTaskRequest) -> NewTask:
    checked, problems = read_fields(asked, NOW, POLICY)
    given, more = check_against_pipeline(asked, pipeline())
    assert problems + more == []
    return new_task(
        task_id="f" * 32,
        owner="local",
        request=checked,
        given=given,
        pipeline=pipeline(),
        timeouts=in_force(checked.timeouts, pipeline(), POLICY),
        traceparent="",
    )


BROKEN = [
    ({"request_id": ""}, "request_id"),
    ({"request_id": "not-a-uuid"}, "request_id"),
    ({"request_id": str(uuid.uuid1())}, "request_id"),
    ({"request_id": REQUEST_ID.replace("-", "")}, "request_id"),
    ({"pipeline": "octa-vessels"}, "pipeline"),
    ({"pipeline": "pipelines/Octa"}, "pipeline"),
    ({"images": []}, "images"),
    ({"images": [f"images/{SHA256}", f"images/{'0' * 64}"]}, "images"),
    ({"images": ["images/../etc/passwd"]}, "images[0]"),
    ({"images": [f"images/{SHA256.upper()}"]}, "images[0]"),
    ({"labels": {"Ward": "west"}}, "labels.Ward"),
    ({"labels": {"ward": "x" * 64}}, "labels.ward"),
    ({"labels": {"ward": "\x1b[2J"}}, "labels.ward"),
    ({"labels": {"ward": "west\nSTAT"}}, "labels.ward"),
    ({"labels": {f"key{number}": "" for number in range(17)}}, "labels"),
    ({"weights": "octa"}, "weights"),
    ({"priority": 5}, "priority"),
    ({"priority": -1}, "priority"),
    ({"not_before_time": {"seconds": SECONDS + 365 * 86_400, "nanos": 1}}, "not_before_time"),
    ({"not_before_time": {"seconds": 1 << 62}}, "not_before_time"),
    ({"not_before_time": {"seconds": -(1 << 62)}}, "not_before_time"),
    ({"not_before_time": {"nanos": -1}}, "not_before_time"),
    ({"dedupe_key": "x" * 201}, "dedupe_key"),
    ({"timeouts": {"queue_timeout": {"nanos": 1}}}, "timeouts.queue_timeout"),
    ({"parameters": {"threshhold": 0.5}}, "parameters.threshhold"),
    ({"parameters": {"threshold": 1.5}}, "parameters.threshold"),
    ({"parameters": {"threshold": -0.1}}, "parameters.threshold"),
    ({"parameters": {"threshold": math.nan}}, "parameters.threshold"),
    ({"parameters": {"threshold": "0.5"}}, "parameters.threshold"),
    ({"parameters": {"threshold": True}}, "parameters.threshold"),
    ({"parameters": {"threshhold": None}}, "parameters.threshhold"),
    ({"parameters": {"threshold": [0.5]}}, "parameters.threshold"),
    ({"parameters": {"tiles": 1.5}}, "parameters.tiles"),
    ({"parameters": {"tiles": 2.0**60}}, "parameters.tiles"),
    ({"parameters": {"flip": 1}}, "parameters.flip"),
    ({"parameters": {"side": "middle"}}, "parameters.side"),
    ({"parameters": {f"p{number}": 1 for number in range(65)}}, "parameters"),
]


@pytest.mark.parametrize(("changes", "field"), BROKEN)
def test_each_rule_is_enforced_and_its_field_is_named(changes: dict[str, Any], field: str) -> None:
    assert field in {violation.field for violation in violations(request(**changes))}


def test_a_request_that_keeps_all_rules_has_no_violation() -> None:
    parameters = {"threshold": 1, "tiles": 2, "flip": True, "side": "right"}
    asked = request(parameters=parameters, labels={"ward": "west"}, weights="models/octa/weights/own")
    assert violations(asked) == []


def test_all_violations_come_at_once() -> None:
    asked = request(
        request_id="1",
        pipeline="octa",
        images=["x", f"images/{SHA256}", f"images/{SHA256}"],
        labels={"A": "x" * 64},
        weights="best",
        parameters={"threshold": 2, "tiles": 0.5, "unknown": 1},
    )
    assert [violation.field for violation in violations(asked)] == [
        "request_id",
        "pipeline",
        "images[0]",
        "images[2]",
        "weights",
        "labels.A",
        "labels.A",
        "images",
        "parameters.threshold",
        "parameters.tiles",
        "parameters.unknown",
    ]


def test_a_parameter_without_a_default_is_required() -> None:
    described = pipeline()
    described.parameters[0].ClearField("default_value")
    _, problems = check_against_pipeline(request(), described)
    assert problems == [Violation("parameters.threshold", "is required")]


def test_the_task_has_every_parameter_as_a_value_of_its_type() -> None:
    parameters = json.loads(created(request(parameters={"tiles": 8})).parameters_json)
    assert parameters == {"threshold": 0.5, "tiles": 8, "flip": False, "side": "left"}
    assert isinstance(parameters["tiles"], int)


def test_the_task_takes_limits_and_weights_from_its_pipeline() -> None:
    task = created(request())
    assert (task.timeouts.attempt_ms, task.timeouts.queue_ms, task.max_attempts) == (60_000, 3_600_000, 3)
    assert (task.weights, task.weights_digest) == ("models/octa/weights/official", "sha256:official")
    assert created(request(weights="models/octa/weights/own")).weights_digest == "sha256:own"


def test_the_fingerprint_is_of_the_meaning() -> None:
    first = created(request(labels={"a": "1", "b": "2"}, parameters={"tiles": 2, "flip": True}))
    again = created(request(labels={"b": "2", "a": "1"}, parameters={"flip": True, "tiles": 2.0}))
    assert first.fingerprint == again.fingerprint
    assert created(request(request_id=REQUEST_ID.upper())).request_id == REQUEST_ID
    others = [
        request(),
        request(labels={"a": "1"}),
        request(parameters={"tiles": 3}),
        request(weights="models/octa/weights/official"),
        request(timeouts={"progress_timeout": {"seconds": 60}}),
        request(timeouts={"attempt_timeout": {"seconds": 60}}),
        request(images=[f"images/{'0' * 64}"]),
        request(priority="TASK_PRIORITY_STAT"),
        request(not_before_time={"seconds": 5}),
        request(not_before_time={"seconds": 5, "nanos": 1000}),
    ]
    assert len({created(other).fingerprint for other in others}) == len(others)
    routine = request(priority="TASK_PRIORITY_ROUTINE")
    assert created(routine).fingerprint == created(request()).fingerprint, "what is left out is the default"


def test_images_must_be_such_as_the_pipeline_takes() -> None:
    check_images(pipeline(), [ImageRecord(SHA256, 1000, "image/png")])
    with pytest.raises(ImageFormatError):
        check_images(pipeline(), [ImageRecord(SHA256, 10, "image/jpeg")])
    with pytest.raises(ImageTooLargeError) as refused:
        check_images(pipeline(), [ImageRecord(SHA256, 1001, "image/png")])
    assert refused.value.metadata["limit_bytes"] == "1000"


def test_a_name_of_another_collection_is_refused() -> None:
    assert resource_id("tasks", f"tasks/{'0' * 32}") == "0" * 32
    for name in ("", "tasks/", f"images/{SHA256}", f"tasks/{'0' * 32}/artifacts/a", f"tasks/{'0' * 32}\n"):
        with pytest.raises(InvalidRequestError):
            resource_id("tasks", name)


def test_null_counts_as_not_given() -> None:
    # As the catalogue itself says it of what has no default.
    nothing = request(parameters={"threshold": None, "side": None, "tiles": 8})
    assert violations(nothing) == []
    asked, same = created(nothing), created(request(parameters={"tiles": 8}))
    assert asked.parameters_json == same.parameters_json
    assert asked.fingerprint == same.fingerprint
    described = pipeline()
    described.parameters[0].ClearField("default_value")
    _, problems = check_against_pipeline(nothing, described)
    assert problems == [Violation("parameters.threshold", "is required")]


def test_struct_values_without_a_kind_are_refused() -> None:
    asked = request()
    asked.parameters.fields["threshold"].CopyFrom(struct_pb2.Value())
    assert [violation.field for violation in violations(asked)] == ["parameters.threshold"]


def test_a_year_ahead_and_any_time_before_now_are_allowed() -> None:
    for seconds in (SECONDS + 365 * 86_400, SECONDS - 1, -5_000_000_000):
        assert violations(request(not_before_time={"seconds": seconds})) == []
    # Never before the time asked for, not by a part of a microsecond.
    task = created(request(not_before_time={"seconds": SECONDS, "nanos": 1}))
    assert task.not_before == NOW.replace(microsecond=1)


def test_a_dedupe_key_stands_nowhere_but_in_its_hash() -> None:
    asked = request(dedupe_key="patient-4711 2026-01-31")
    checked, problems = read_fields(asked, NOW, POLICY)
    assert problems == []
    tasks = [
        new_task(
            task_id="f" * 32,
            owner="local",
            request=checked,
            given={},
            pipeline=pipeline(),
            timeouts=POLICY.defaults,
            traceparent="",
            dedupe_hash=dedupe_hash,
        )
        for dedupe_hash in ("h1", "h2")
    ]
    assert tasks[0].fingerprint != tasks[1].fingerprint
    assert "4711" not in repr(tasks) + repr(checked)
    too_long = violations(request(dedupe_key="4711" * 51))
    assert "4711" not in repr(too_long)


def test_as_many_images_as_a_message_holds_are_counted_at_once() -> None:
    """The check runs on the event loop of all tasks."""
    names = [f"images/{number:064x}" for number in range(50_000)]
    start = time.process_time()
    problems = violations(request(images=[*names, names[0]]))
    assert time.process_time() - start < 5
    assert {one.description for one in problems} == {"the pipeline takes 1, 50001 given", "stands twice"}
