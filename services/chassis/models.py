"""Models on disk: `models/<model>/model.toml` beside the weights that it names."""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from radmesh.errors import FailedPreconditionError, WeightsNotFoundError
from radmesh.models.v1 import model_pb2

DEFAULT_WEIGHTS = "official"
_DIGEST_PREFIX = "sha256:"


class BrokenModelError(FailedPreconditionError):
    """A model's folder is not as its manifest says; the service does not start on it."""

    reason = "BROKEN_MODEL"


@dataclass(frozen=True)
class WeightsFile:
    """One set of parameters: its resource name, its file, the file's `sha256:{hex}` and its length."""

    name: str
    path: Path
    digest: str
    size_bytes: int


@dataclass(frozen=True)
class ModelManifest:
    """What model.toml says, with the weights checked against their digests. Default weights come first.

    accuracy: "" where nobody measured it, as with a model that somebody else trained.
    """

    name: str
    title: str
    version: str
    licence: str
    intended_use: str
    demonstrator: bool
    accuracy: str
    training_data: str
    weights: tuple[WeightsFile, ...]

    def find_weights(self, name: str) -> WeightsFile:
        """Weights by resource name, the default ones for "". Raises WeightsNotFoundError."""
        if not name:
            return self.weights[0]
        for weights in self.weights:
            if weights.name == name:
                return weights
        known = ", ".join(weights.name for weights in self.weights)
        raise WeightsNotFoundError(f"{self.name} has no such weights; it has {known}")

    def to_proto(self) -> model_pb2.Model:
        """The model as the catalogue shows it."""
        return model_pb2.Model(
            name=self.name,
            title=self.title,
            version=self.version,
            licence=self.licence,
            intended_use=self.intended_use,
            demonstrator=self.demonstrator,
            weights=[
                model_pb2.Weights(name=one.name, digest=one.digest, size_bytes=one.size_bytes)
                for one in self.weights
            ],
            accuracy=self.accuracy,
            training_data=self.training_data,
        )


def read_manifest(folder: Path) -> ModelManifest:
    """Reads `folder`/model.toml and checks every file of weights that it names.

    Raises BrokenModelError, which names what is missing or differs.
    """
    path = folder / "model.toml"
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BrokenModelError(f"{path} cannot be read: {error}") from error
    try:
        manifest = _manifest(folder, content)
        manifest.to_proto()  # takes no value of a wrong type
    except KeyError as error:
        raise BrokenModelError(f"{path} lacks {error}") from error
    except (AttributeError, TypeError, ValueError) as error:
        raise BrokenModelError(f"{path} has a value of a wrong type: {error}") from error
    return manifest


def _manifest(folder: Path, content: Mapping[str, Any]) -> ModelManifest:
    name = f"models/{content['name']}"
    weights = [
        _weights_file(folder, f"{name}/weights/{weights_id}", entry)
        for weights_id, entry in content["weights"].items()
    ]
    weights.sort(key=lambda one: (not one.name.endswith(f"/{DEFAULT_WEIGHTS}"), one.name))
    if not weights:
        raise BrokenModelError(f"{folder / 'model.toml'} names no weights")
    return ModelManifest(
        name=name,
        title=content["title"],
        version=content["version"],
        licence=content["licence"],
        intended_use=content["intended_use"],
        # On the safe side: a manifest has to say that its model is more than a demonstrator.
        demonstrator=content.get("demonstrator", True),
        accuracy=_accuracy(content["accuracy"]) if "accuracy" in content else "",
        training_data=content["training"]["data"],
        weights=tuple(weights),
    )


def _accuracy(measured: Mapping[str, Any]) -> str:
    return f"Dice {measured['dice']:g}. {measured['measure']}. {measured['data']}"


def _weights_file(folder: Path, name: str, entry: Mapping[str, Any]) -> WeightsFile:
    if Path(entry["file"]).name != entry["file"]:
        raise BrokenModelError(f"{folder / 'model.toml'} names {entry['file']}, which is not beside it")
    path = folder / entry["file"]
    if not path.is_file():
        raise BrokenModelError(f"{path} is missing; model.toml names it")
    digest = file_digest(path)
    if digest != entry["sha256"]:
        raise BrokenModelError(f"{path} has digest {digest}, but model.toml says {entry['sha256']}")
    return WeightsFile(name=name, path=path, digest=digest, size_bytes=path.stat().st_size)


def file_digest(path: Path) -> str:
    """SHA-256 of a file, `sha256:{hex}`."""
    with path.open("rb") as file:
        return _DIGEST_PREFIX + hashlib.file_digest(file, "sha256").hexdigest()
