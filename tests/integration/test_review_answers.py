"""What a reviewer gives beside a yes reaches the next stage; and what a parameter names reaches the model."""

import hashlib
import io
from typing import Any

import pytest
from google.protobuf import json_format
from PIL import Image

from radmesh import errors
from radmesh.client import Client, result_dict
from radmesh.tasks.v1 import task_pb2

AWAITING = task_pb2.TASK_STATE_AWAITING_REVIEW


def picture(kind: str, grey: int = 40) -> bytes:
    content = io.BytesIO()
    Image.new("L", (16, 16), grey).save(content, kind)
    return content.getvalue()


async def shown(client: Client) -> task_pb2.Task:
    """A task of which the first stage waits for a review."""
    parameters = {"steps": 2, "step_seconds": 0, "review_stages": 1}
    task = await client.create("steps", [], parameters=parameters)
    async for message in client.watch(task.name):
        if AWAITING in (message.event.state_change.state, message.snapshot.task.state):
            break
    return await client.get(task.name)


async def test_a_parameter_that_a_reviewer_sets_is_the_next_stages(client: Client) -> None:
    task = await shown(client)
    after = await client.review(task.name, accept=True, parameters={"steps": 7}, sequence=task.sequence)
    again = await client.review(task.name, accept=True, parameters={"steps": 7}, sequence=task.sequence)
    assert json_format.MessageToDict(again.reviews[0].parameters) == {"steps": 7}
    assert after.parameters["steps"] == again.parameters["steps"] == 7
    ended = await client.wait(task.name)
    assert result_dict(ended.result)["steps"] == 7
    # Another word about the same review is another decision, and comes too late.
    with pytest.raises(errors.NotAwaitingReviewError):
        await client.review(task.name, accept=True, parameters={"steps": 8}, sequence=task.sequence)


@pytest.mark.parametrize("parameters", [{"steps": 0}, {"review_stages": 3}, {"unknown": 1}])
async def test_a_parameter_that_may_not_be_set_decides_nothing(
    client: Client, parameters: dict[str, Any]
) -> None:
    task = await shown(client)
    with pytest.raises(errors.InvalidRequestError):
        await client.review(task.name, accept=True, parameters=parameters)
    with pytest.raises(errors.InvalidRequestError):
        await client.review(task.name, accept=False, reason="no", parameters={"steps": 3})
    assert (await client.get(task.name)).state == AWAITING
    await client.cancel(task.name)


async def test_a_replacement_may_be_of_another_type_where_the_pipeline_says_so(client: Client) -> None:
    task = await shown(client)
    await client.review(task.name, accept=True, replacements={"slice-1.png": picture("JPEG")})
    ended = await client.wait(task.name)
    sha256 = hashlib.sha256(picture("JPEG")).hexdigest()
    assert result_dict(ended.result)["accepted"] == {"slice-1.png": sha256}


async def test_an_image_that_a_parameter_names_reaches_the_model_and_is_kept(client: Client) -> None:
    extra = await client.upload(picture("PNG", 1))
    image = await client.upload(picture("PNG", 2))
    parameters = {"steps": 1, "step_seconds": 0, "extra": extra.name}
    task = await client.create("steps", [image.name], parameters=parameters)
    assert list(task.images) == [image.name, extra.name]
    ended = await client.wait(task.name)
    assert result_dict(ended.result)["extra_bytes"] == extra.size_bytes


async def test_an_image_that_a_parameter_cannot_name_is_refused(client: Client) -> None:
    jpeg = await client.upload(picture("JPEG"))
    for name, refused in (
        (jpeg.name, errors.ImageFormatError),
        (f"images/{'0' * 64}", errors.ImageNotFoundError),
        ("mask.png", errors.InvalidRequestError),
    ):
        with pytest.raises(refused):
            await client.create("steps", [], parameters={"steps": 1, "extra": name})
