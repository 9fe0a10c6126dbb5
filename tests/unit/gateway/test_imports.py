"""What an import asks for is checked as a whole before a task is made of it."""

import uuid
from typing import Any

import pytest

from radmesh.errors import InvalidRequestError
from radmesh.models.v1.model_service_pb2 import (
    DeleteModelRequest,
    DeleteWeightsRequest,
    ImportModelRequest,
    SetOfficialWeightsRequest,
)
from services.gateway.imports import (
    CHECKPOINTS,
    DELETE_PIPELINE,
    MAX_TITLE_CHARACTERS,
    OFFICIAL_PIPELINE,
    PIPELINE,
    deletion_request,
    official_request,
    task_request,
    weights_deletion_request,
)
from services.segmentation.nnunet import pipeline
from services.segmentation.nnunet.importing.runner import MAX_TITLE_CHARACTERS as RUNNERS_MAX

IMAGE = f"images/{'a' * 64}"


def asked(**fields: Any) -> ImportModelRequest:
    """A request that keeps every rule, but for these fields."""
    whole = {
        "request_id": str(uuid.uuid4()),
        "image": IMAGE,
        "name": "models/liver",
        "title": "Liver",
        **fields,
    }
    return ImportModelRequest(**whole)


def test_an_import_is_a_task_of_the_internal_pipeline() -> None:
    request = asked(replace=True, checkpoint="checkpoint_best.pth")
    task = task_request(request)
    assert (task.pipeline, list(task.images), task.request_id) == (PIPELINE, [IMAGE], request.request_id)
    assert dict(task.parameters) == {
        "name": "liver",
        "title": "Liver",
        "replace": True,
        "checkpoint": "checkpoint_best.pth",
    }
    assert "checkpoint" not in dict(task_request(asked()).parameters)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("request_id", "1"),
        ("image", "images/1"),
        ("weights", "V2"),
        ("name", "liver"),
        ("name", "models/../up"),
        ("name", "models/UP"),
        ("title", "x" * (MAX_TITLE_CHARACTERS + 1)),
        ("title", "two\nlines"),
        ("checkpoint", "../../etc/passwd"),
    ],
)
def test_each_rule_is_enforced_and_its_field_is_named(field: str, value: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        task_request(asked(**{field: value}))
    assert [one.field for one in caught.value.violations] == [field]


def test_a_deletion_is_a_task_without_an_image_and_its_fields_are_checked() -> None:
    request = DeleteModelRequest(request_id=str(uuid.uuid4()), name="models/liver")
    task = deletion_request(request)
    assert (task.pipeline, list(task.images), task.request_id) == (DELETE_PIPELINE, [], request.request_id)
    assert dict(task.parameters) == {"name": "liver"}
    with pytest.raises(InvalidRequestError) as caught:
        deletion_request(DeleteModelRequest(request_id="1", name="../liver"))
    assert [one.field for one in caught.value.violations] == ["request_id", "name"]


def test_what_is_asked_of_weights_is_a_task_and_its_fields_are_checked() -> None:
    own, name = str(uuid.uuid4()), "models/liver/weights/v2"
    deletion = weights_deletion_request(DeleteWeightsRequest(request_id=own, name=name))
    assert (deletion.pipeline, deletion.request_id) == (DELETE_PIPELINE, own)
    assert dict(deletion.parameters) == {"name": "liver", "weights": "v2"}
    choice = official_request(SetOfficialWeightsRequest(request_id=own, name=name, keep_as="v1"))
    assert (choice.pipeline, choice.request_id) == (OFFICIAL_PIPELINE, own)
    assert dict(choice.parameters) == {"name": "liver", "weights": "v2", "keep_as": "v1"}
    with pytest.raises(InvalidRequestError) as caught:
        official_request(SetOfficialWeightsRequest(request_id="1", name="models/liver", keep_as="../v1"))
    assert [one.field for one in caught.value.violations] == ["request_id", "name", "keep_as"]
    assert dict(task_request(asked(weights="v2")).parameters)["weights"] == "v2"


def test_both_sides_of_the_mesh_mean_the_same() -> None:
    assert (PIPELINE, DELETE_PIPELINE) == (pipeline.IMPORT_NAME, pipeline.DELETE_NAME)
    assert OFFICIAL_PIPELINE == pipeline.OFFICIAL_NAME
    assert CHECKPOINTS[1:] == pipeline.CHECKPOINTS
    assert MAX_TITLE_CHARACTERS == RUNNERS_MAX
