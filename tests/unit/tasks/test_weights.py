"""Weights of a request: the default, a model's default, or those named; named where they have to be."""

import pytest

from radmesh.errors import InvalidRequestError, WeightsNotFoundError
from radmesh.tasks.v1.pipeline_pb2 import Pipeline
from services.tasks.weights import choose_weights, is_choice


def pipeline(*models: str, required: bool = False) -> Pipeline:
    """A pipeline of models that have weights `official` and `own` each."""
    found = Pipeline(name="pipelines/nnunet", weights_required=required)
    for name in models:
        model = found.models.add(name=f"models/{name}")
        for one in ("official", "own"):
            model.weights.add(name=f"models/{name}/weights/{one}", digest=f"sha256:{name}-{one}")
    return found


def test_the_default_is_that_of_the_first_model() -> None:
    assert choose_weights(pipeline("liver", "spleen"), "").digest == "sha256:liver-official"
    assert choose_weights(pipeline(), "").name == ""


def test_a_model_stands_for_its_default_weights() -> None:
    assert choose_weights(pipeline("liver", "spleen"), "models/spleen").digest == "sha256:spleen-official"
    named = "models/spleen/weights/own"
    assert choose_weights(pipeline("liver", "spleen"), named).digest == "sha256:spleen-own"


def test_of_several_models_one_has_to_be_named_where_the_pipeline_says_so() -> None:
    with pytest.raises(InvalidRequestError, match="models/liver, models/spleen"):
        choose_weights(pipeline("liver", "spleen", required=True), "")
    assert choose_weights(pipeline("liver", required=True), "").digest == "sha256:liver-official"
    assert choose_weights(pipeline(required=True), "").name == ""


@pytest.mark.parametrize("name", ["models/heart", "models/liver/weights/missing"])
def test_what_there_is_not_is_refused_with_what_there_is(name: str) -> None:
    with pytest.raises(WeightsNotFoundError, match="models/liver/weights/official"):
        choose_weights(pipeline("liver"), name)
    with pytest.raises(WeightsNotFoundError, match="no model yet"):
        choose_weights(pipeline(), name)


def test_a_name_of_weights_or_of_a_model_is_a_choice() -> None:
    assert is_choice("models/liver")
    assert is_choice("models/liver/weights/official")
    assert not is_choice("liver")
    assert not is_choice("models/../weights")
