"""Which weights a request for a task means. Pure."""

from radmesh import names
from radmesh.errors import InvalidRequestError, Violation, WeightsNotFoundError
from radmesh.models.v1 import model_pb2
from radmesh.tasks.v1 import pipeline_pb2

RULE = f"{names.rule('weights')}, or {names.rule('models').removeprefix('must be ')}"


def is_choice(name: str) -> bool:
    """Whether a name is one of weights, or of a model, which stands for its default weights."""
    return names.parse("weights", name) is not None or names.parse("models", name) is not None


def choose_weights(pipeline: pipeline_pb2.Pipeline, name: str) -> model_pb2.Weights:
    """The weights of that name, or the model's or the pipeline's default ones; nameless when it has none.

    Raises WeightsNotFoundError, InvalidRequestError when the pipeline wants them named.
    """
    known = {weights.name: weights for model in pipeline.models for weights in model.weights}
    if not name and pipeline.weights_required and len(pipeline.models) > 1:
        several = ", ".join(model.name for model in pipeline.models)
        raise InvalidRequestError(
            [Violation("weights", f"must be named, as the pipeline has several models: {several}")]
        )
    if not name:
        return next(iter(known.values()), model_pb2.Weights())
    for model in pipeline.models:
        if model.name == name and model.weights:
            return model.weights[0]
    if name not in known:
        raise WeightsNotFoundError(
            f"{pipeline.name} cannot run {name}; "
            + (f"it has {', '.join(known)}" if known else "it has no model yet"),
            metadata={"known_weights": ", ".join(known)},
        )
    return known[name]
