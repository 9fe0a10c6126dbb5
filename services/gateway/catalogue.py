"""The models that the known pipelines can run, collected from the pipelines."""

from collections.abc import Iterable
from dataclasses import dataclass

from radmesh import names
from radmesh.errors import InvalidRequestError, ModelNotFoundError, Violation
from radmesh.models.v1.model_pb2 import Model
from radmesh.tasks.v1.pipeline_pb2 import Pipeline

_DEFAULT_PAGE = 50
_LARGEST_PAGE = 500


@dataclass(frozen=True)
class ModelPage:
    """A page of models by name, and the token of the next page, empty on the last."""

    models: tuple[Model, ...]
    next_page_token: str


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


def page(models: list[Model], page_size: int, page_token: str) -> ModelPage:
    """A page of models that are sorted by name. The token is the name of the last model before it.

    Raises InvalidRequestError.
    """
    violations = []
    if not 0 <= page_size <= _LARGEST_PAGE:
        violations.append(Violation("page_size", f"must be from 1 to {_LARGEST_PAGE}, or 0"))
    if page_token and names.parse("models", page_token) is None:
        violations.append(Violation("page_token", "must be the `next_page_token` of the page before"))
    if violations:
        raise InvalidRequestError(violations)
    rest = [model for model in models if model.name > page_token]
    size = page_size or _DEFAULT_PAGE
    return ModelPage(tuple(rest[:size]), rest[size - 1].name if len(rest) > size else "")
