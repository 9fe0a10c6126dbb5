"""Writing and reading the model.toml of a served nnU-Net model. Imports no torch."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from services.chassis.models import BrokenModelError, ModelManifest, file_digest, read_manifest
from services.segmentation.nnunet.layout import (
    DATASET_FILE,
    KIND,
    MANIFEST_FILE,
    PLANS_FILE,
    Description,
    Label,
    TrainedConfiguration,
)
from services.segmentation.nnunet.toml import toml_text


@dataclass(frozen=True)
class NnunetManifest:
    """A served nnU-Net model. configuration: the one whose mask is the model's.

    configurations: those of the default weights, by name. others: those of other weights, whose folds and
    trainers may differ, by resource name. plans, dataset: the content of plans.json and dataset.json.
    """

    folder: Path
    model: ModelManifest
    configuration: str
    configurations: Mapping[str, TrainedConfiguration]
    labels: tuple[Label, ...]
    channels: tuple[str, ...]
    plans: Mapping[str, Any]
    dataset: Mapping[str, Any]
    others: Mapping[str, Mapping[str, TrainedConfiguration]] = field(default_factory=dict)

    def of(self, weights: str) -> "NnunetManifest":
        """The manifest as it is for weights of a resource name."""
        return replace(self, configurations=self.others.get(weights, self.configurations))


def is_nnunet(folder: Path) -> bool:
    """Whether a folder below `models/` says that it holds a served nnU-Net model; False where unreadable."""
    try:
        content = tomllib.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return False
    return content.get("kind") == KIND


def write_manifest(
    folder: Path,
    description: Description,
    *,
    configuration: str,
    configurations: Sequence[TrainedConfiguration],
    labels: Sequence[Label],
    channels: Sequence[str],
    weights: Mapping[str, Path],
    source: str = "",
) -> None:
    """Writes model.toml beside the plans, the data set and the weights, which are there already.

    weights: files in the folder by the id of the weights, such as `official`. source: where they come from.
    """
    content = {
        "name": description.name,
        "title": description.title,
        "kind": KIND,
        "version": description.version,
        "licence": description.licence,
        "intended_use": description.intended_use,
        "demonstrator": description.demonstrator,
        "input": {"channels": list(channels)},
        "output": {"labels": [_label(label) for label in labels]},
        "nnunet": {
            "configuration": configuration,
            "plans": _file(folder / PLANS_FILE),
            "dataset": _file(folder / DATASET_FILE),
            "configurations": {
                one.name: {
                    "trainer": one.trainer,
                    "folds": list(one.folds),
                    "mirroring_axes": list(one.mirroring_axes),
                }
                for one in configurations
            },
        },
        "training": {"data": description.training_data},
        "weights": {
            name: {**_file(path), "size_bytes": path.stat().st_size, "source": source}
            for name, path in weights.items()
        },
    }
    (folder / MANIFEST_FILE).write_text(toml_text(content), encoding="utf-8")


def read_nnunet(folder: Path) -> NnunetManifest:
    """Reads a served model's folder and checks every file against its digest.

    Raises BrokenModelError, which names what is missing or differs.
    """
    model = read_manifest(folder)
    content = tomllib.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
    if content.get("kind") != KIND:
        raise BrokenModelError(f"{folder} is a model of kind {content.get('kind')!r}, not {KIND}")
    try:
        nnunet = content["nnunet"]
        configurations = _configurations(nnunet["configurations"])
        if nnunet["configuration"] not in configurations:
            raise BrokenModelError(f"{folder / MANIFEST_FILE} has no configuration {nnunet['configuration']}")
        return NnunetManifest(
            folder,
            model,
            nnunet["configuration"],
            configurations,
            tuple(Label(**label) for label in content["output"]["labels"]),
            tuple(map(str, content["input"]["channels"])),
            _checked_json(folder / PLANS_FILE, nnunet["plans"]["sha256"]),
            _checked_json(folder / DATASET_FILE, nnunet["dataset"]["sha256"]),
            {
                f"{model.name}/weights/{name}": _configurations(entry["configurations"])
                for name, entry in content["weights"].items()
                if "configurations" in entry
            },
        )
    except KeyError as error:
        raise BrokenModelError(f"{folder / MANIFEST_FILE} lacks {error}") from error
    except (AttributeError, TypeError, ValueError) as error:
        raise BrokenModelError(f"{folder / MANIFEST_FILE} has a value of a wrong type: {error}") from error


def _configurations(stored: Mapping[str, Any]) -> dict[str, TrainedConfiguration]:
    return {
        name: TrainedConfiguration(
            name, str(one["trainer"]), tuple(map(str, one["folds"])), tuple(map(int, one["mirroring_axes"]))
        )
        for name, one in stored.items()
    }


def _label(label: Label) -> dict[str, Any]:
    coded = {"meaning": label.meaning, "scheme": label.scheme, "code": label.code}
    return {"value": label.value, "name": label.name, **{key: text for key, text in coded.items() if text}}


def _file(path: Path) -> dict[str, str]:
    return {"file": path.name, "sha256": file_digest(path)}


def _checked_json(path: Path, digest: str) -> Mapping[str, Any]:
    try:
        found = file_digest(path)
        if found != digest:
            raise BrokenModelError(f"{path} has digest {found}, but model.toml says {digest}")
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise BrokenModelError(f"{path} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise BrokenModelError(f"{path} holds no object")
    return content
