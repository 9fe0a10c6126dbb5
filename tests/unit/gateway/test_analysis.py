"""Analyze can ask for everything that CreateTask can."""

from radmesh.gateway.v1.analysis_service_pb2 import AnalyzeHeader
from radmesh.tasks.v1 import task_pb2
from radmesh.tasks.v1.task_service_pb2 import CreateTaskRequest
from services.gateway.analysis import task_request

IMAGE = "images/" + "a" * 64


def test_what_a_create_takes_a_header_takes_and_hands_on() -> None:
    wanted = CreateTaskRequest(
        request_id="r",
        pipeline="pipelines/steps",
        images=[IMAGE],
        labels={"ward": "west"},
        weights="models/m/weights/w",
        priority=task_pb2.TASK_PRIORITY_STAT,
        dedupe_key="k",
        callback_url="https://ris.example/ended",
    )
    wanted.parameters.update({"steps": 2})
    wanted.not_before_time.FromSeconds(1_800_000_000)
    wanted.timeouts.attempt_timeout.FromSeconds(60)
    given = {field.name: value for field, value in wanted.ListFields()}
    assert set(given) == set(CreateTaskRequest.DESCRIPTOR.fields_by_name), "a new field belongs here too"
    del given["images"]
    assert task_request(AnalyzeHeader(**given), IMAGE) == wanted


def test_what_a_header_leaves_out_stays_out() -> None:
    asked = task_request(AnalyzeHeader(request_id="r", pipeline="pipelines/steps", size_bytes=5), IMAGE)
    assert asked == CreateTaskRequest(request_id="r", pipeline="pipelines/steps", images=[IMAGE])
