"""The models that the known pipelines can run, collected from the pipelines."""

from collections.abc import Iterable

from radmesh.errors import ModelNotFoundError
from radmesh.models.v1.model_pb2 import Model
from radmesh.tasks.v1.pipeline_pb2 import Pipeline


def collect(pipelines: Iterable[Pipeline]) -> list[Model]:
    """Every model once, by name, with all the weights that any pipeline knows of it."""
    found: dict[str, Model] = {}
    for pipeline in pipelines:
        for model in pipeline.models:
            known = found.get(model.name)
            if known is None:
                known = found[model.name] = Model()
                known.CopyFrom(model)
                continue
            have = {weights.name for weights in known.weights}
            known.weights.extend(weights for weights in model.weights if weights.name not in have)
    return [found[name] for name in sorted(found)]


def pick(models: Iterable[Model], name: str) -> Model:
    """The model of this name. Raises ModelNotFoundError."""
    for model in models:
        if model.name == name:
            return model
    raise ModelNotFoundError("No known pipeline runs this model. ListModels tells which there are.")
