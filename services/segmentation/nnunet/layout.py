"""How a served nnU-Net model lies on disk. Pure: what its model.toml says, and the names in its weights.

    models/<model>/model.toml             what is said to people, and the digests of the files below
    models/<model>/plans.json             nnU-Net's plans, as trained
    models/<model>/dataset.json           channels, labels, regions
    models/<model>/<weights>.safetensors  every configuration and fold, `<configuration>/fold_<k>/<tensor>`

One file holds all the parameters, so that one digest names all that a prediction multiplies by.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

KIND = "nnunet"
PLANS_FILE = "plans.json"
DATASET_FILE = "dataset.json"
MANIFEST_FILE = "model.toml"
WEIGHTS_SUFFIX = ".safetensors"

SPACING_MM = (0.001, 1000.0)
"""What voxels may be apart, in plans and in images: from NIfTI's smallest unit, the micrometre, to what
nnU-Net itself writes where there is no distance (999)."""

_KEY = re.compile(r"(?P<configuration>[^/]+)/fold_(?P<fold>\d+|all)/(?P<tensor>[^/]+)")


@dataclass(frozen=True)
class Label:
    """What a voxel of `value` in a mask is. scheme, code, meaning: coded terminology, "" where unknown.

    In a model of regions, `name` is the region that is painted with `value`; later ones lie on top.
    """

    value: int
    name: str
    meaning: str = ""
    scheme: str = ""
    code: str = ""


@dataclass(frozen=True)
class TrainedConfiguration:
    """One of a model's networks, such as `3d_fullres`, as it was trained.

    folds: "0", "1"… or "all". mirroring_axes: spatial axes, from 0, in the network's order, along which a
    prediction may be mirrored; () where it may not.
    """

    name: str
    trainer: str
    folds: tuple[str, ...]
    mirroring_axes: tuple[int, ...] = ()


@dataclass(frozen=True)
class Description:
    """What people are told of a model. name: its id, the name of its folder."""

    name: str
    title: str
    version: str = "1.0.0"
    licence: str = "not stated"
    intended_use: str = "Not for clinical use."
    training_data: str = "not stated"
    demonstrator: bool = True


def tensor_key(configuration: str, fold: str, tensor: str) -> str:
    """The name of a tensor in a file of weights."""
    return f"{configuration}/fold_{fold}/{tensor}"


def split_key(key: str) -> tuple[str, str, str]:
    """Configuration, fold and tensor of a name in a file of weights. Raises ValueError for any other name."""
    found = _KEY.fullmatch(key)
    if found is None:
        raise ValueError(f"{key!r} is not <configuration>/fold_<k>/<tensor>")
    return found["configuration"], found["fold"], found["tensor"]


def folds_of(keys: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The folds of each configuration that a file with these names holds, in order; `all` comes last."""
    found: dict[str, set[str]] = {}
    for key in keys:
        configuration, fold, _ = split_key(key)
        found.setdefault(configuration, set()).add(fold)
    return {name: tuple(sorted(folds, key=_fold_order)) for name, folds in sorted(found.items())}


def _fold_order(fold: str) -> tuple[int, int]:
    return (1, 0) if fold == "all" else (0, int(fold))


def channel_names(dataset: Mapping[str, Any]) -> tuple[str, ...]:
    """The channels that a dataset.json asks for, in order; `modality` is what nnU-Net called them earlier."""
    named = dataset.get("channel_names", dataset.get("modality"))
    if not isinstance(named, Mapping):
        raise ValueError("dataset.json has no channel_names")
    return tuple(str(named[key]) for key in sorted(named, key=int))


def mask_labels(dataset: Mapping[str, Any]) -> tuple[Label, ...]:
    """What the values of a mask mean, background aside, in increasing order.

    Regions (labels that are lists) are painted with the values of `regions_class_order`, one after the other.
    """
    named = {
        name: value for name, value in dataset["labels"].items() if name != "ignore" and not _is_zero(value)
    }
    if any(isinstance(value, Sequence) and len(value) > 1 for value in named.values()):
        values: Iterable[int] = dataset["regions_class_order"]
    else:
        values = (value[0] if isinstance(value, Sequence) else value for value in named.values())
    return tuple(
        sorted(
            (Label(int(value), name) for name, value in zip(named, values, strict=True)),
            key=lambda label: label.value,
        )
    )


def _is_zero(value: object) -> bool:
    return value == 0 or (isinstance(value, Sequence) and set(value) == {0})


def final_configuration(configurations: Sequence[str], plans: Mapping[str, Any]) -> str:
    """The configuration whose mask is the model's: of a cascade the last stage, else the first one given."""
    for name in configurations:
        if plans["configurations"][name].get("previous_stage"):
            return name
    return configurations[0]
