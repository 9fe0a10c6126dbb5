"""The models, as the pipelines tell of them."""

import pytest

from radmesh.errors import InvalidRequestError, ModelNotFoundError
from radmesh.models.v1.model_pb2 import Model, Weights
from radmesh.tasks.v1.pipeline_pb2 import Pipeline
from services.gateway import catalogue


def model(name: str, *weights: str) -> Model:
    return Model(
        name=f"models/{name}", weights=[Weights(name=f"models/{name}/weights/{one}") for one in weights]
    )


def test_a_model_of_two_pipelines_is_listed_once_with_all_its_weights() -> None:
    first = Pipeline(models=[model("unet", "official", "night")])
    second = Pipeline(models=[model("atlas", "official"), model("unet", "official", "day")])
    found = catalogue.collect([first, second])
    assert [one.name for one in found] == ["models/atlas", "models/unet"]
    named = [weights.name.rpartition("/")[2] for weights in found[1].weights]
    assert named == ["official", "night", "day"]


def test_pages_follow_one_another_without_loss_or_repeat() -> None:
    models = [model(f"m{number}") for number in range(5)]
    seen, token = [], ""
    while True:
        page = catalogue.page(models, 2, token)
        seen += [one.name for one in page.models]
        token = page.next_page_token
        if not token:
            break
    assert seen == [one.name for one in models]
    assert catalogue.page(models, 5, "").next_page_token == ""


@pytest.mark.parametrize(("size", "token"), [(-1, ""), (501, ""), (0, "x")])
def test_a_page_that_cannot_be_is_refused(size: int, token: str) -> None:
    with pytest.raises(InvalidRequestError):
        catalogue.page([], size, token)


def test_a_model_that_nobody_runs_is_not_found() -> None:
    assert catalogue.pick([model("unet")], "models/unet") == model("unet")
    with pytest.raises(ModelNotFoundError):
        catalogue.pick([model("unet")], "models/atlas")
