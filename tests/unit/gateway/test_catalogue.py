"""The models, as the pipelines tell of them."""

import pytest

from radmesh.errors import ModelNotFoundError
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


def test_a_model_that_nobody_runs_is_not_found() -> None:
    assert catalogue.pick([model("unet")], "models/unet") == model("unet")
    with pytest.raises(ModelNotFoundError):
        catalogue.pick([model("unet")], "models/atlas")
