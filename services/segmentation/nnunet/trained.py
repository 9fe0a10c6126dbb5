"""Turns the folders that nnU-Net's trainer leaves into a served model."""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from services.chassis.models import DEFAULT_WEIGHTS, BrokenModelError
from services.segmentation.nnunet.layout import (
    DATASET_FILE,
    PLANS_FILE,
    WEIGHTS_SUFFIX,
    Description,
    Label,
    TrainedConfiguration,
    channel_names,
    final_configuration,
    mask_labels,
)
from services.segmentation.nnunet.manifest import NnunetManifest, read_nnunet, write_manifest
from services.segmentation.nnunet.weights_file import write_weights

FINAL_CHECKPOINT = "checkpoint_final.pth"

# What nnU-Net's trainer writes beside tensors: the curves of its log, as scalars of numpy, 1 or 2.
_SCALAR = np.float64(0).__reduce__()[0]
_ALLOWED: list[Any] = [
    np.dtype,
    _SCALAR,
    (_SCALAR, "numpy.core.multiarray.scalar"),
    *{
        type(np.dtype(kind))
        for kind in ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?")
    },
]


@dataclass(frozen=True)
class Checkpoint:
    """What a prediction needs of a checkpoint of nnU-Net's trainer."""

    configuration: str
    trainer: str
    mirroring_axes: tuple[int, ...]
    weights: Mapping[str, torch.Tensor]


def read_checkpoint(path: Path) -> Checkpoint:
    """Reads a checkpoint; nothing in it is run. Raises BrokenModelError when it is none of nnU-Net's."""
    try:
        with torch.serialization.safe_globals(_ALLOWED):
            content = torch.load(path, map_location="cpu", weights_only=True)
        return Checkpoint(
            _text(content["init_args"]["configuration"]),
            _text(content["trainer_name"]),
            tuple(map(int, content.get("inference_allowed_mirroring_axes") or ())),
            _unwrapped(content["network_weights"]),
        )
    except KeyError as error:
        raise BrokenModelError(f"{path} is no checkpoint of nnU-Net's trainer: it lacks {error}") from error
    except Exception as error:  # whatever an unpickler raises on bytes that somebody made up
        # Not torch's own message: it advises to load the file with weights_only=False.
        raise BrokenModelError(
            f"{path} cannot be read as a checkpoint: it is cut off, or holds other things than nnU-Net writes"
        ) from error


def serve_trained(
    folders: Sequence[Path],
    target: Path,
    description: Description,
    *,
    checkpoint: str = FINAL_CHECKPOINT,
    folds: Sequence[str] = (),
    half: bool = False,
    label_coding: Callable[[Label], Label] = lambda label: label,
) -> NnunetManifest:
    """Writes the served model `target` from trained folders: one, or both of a cascade.

    folders: each with plans.json, dataset.json and fold_<k>/<checkpoint>, such as
    `nnUNetTrainer__nnUNetPlans__3d_fullres`. target: an empty folder, or none yet. folds: those to take, as
    "0" or "all"; all numbered ones when there are none given, as nnU-Net does. half: see write_weights.
    label_coding: gives a label its coded terminology.
    Raises BrokenModelError.
    """
    plans, dataset = (_same(folders, name) for name in (PLANS_FILE, DATASET_FILE))
    states: dict[tuple[str, str], Mapping[str, torch.Tensor]] = {}
    configurations: list[TrainedConfiguration] = []
    for folder in folders:
        taken = {
            fold: _checkpoint(folder, fold, checkpoint)
            for fold in folds or _trained_folds(folder, checkpoint)
        }
        configurations.append(_configuration(folder, taken))
        states |= {(one.configuration, fold): one.weights for fold, one in taken.items()}
    names = [one.name for one in configurations]
    _check_configurations(names, plans, folders[0] / PLANS_FILE)
    target.mkdir(parents=True, exist_ok=True)
    for name in (PLANS_FILE, DATASET_FILE):
        shutil.copyfile(folders[0] / name, target / name)
    weights = target / f"{DEFAULT_WEIGHTS}{WEIGHTS_SUFFIX}"
    write_weights(weights, states, half=half)
    write_manifest(
        target,
        description,
        configuration=final_configuration(names, plans),
        configurations=configurations,
        labels=[label_coding(label) for label in mask_labels(dataset)],
        channels=channel_names(dataset),
        weights={DEFAULT_WEIGHTS: weights},
    )
    return read_nnunet(target)


def _check_configurations(names: Sequence[str], plans: Mapping[str, Any], where: Path) -> None:
    for name in names:
        if names.count(name) > 1:
            raise BrokenModelError(
                f"more than one of the folders holds configuration {name}; give one of them"
            )
        if name not in plans["configurations"]:
            raise BrokenModelError(f"{where} has no configuration {name}")


def _same(folders: Sequence[Path], name: str) -> Mapping[str, Any]:
    try:
        contents = [json.loads((folder / name).read_text(encoding="utf-8")) for folder in folders]
    except (OSError, ValueError) as error:
        raise BrokenModelError(f"{name} cannot be read: {error}") from error
    for folder, content in zip(folders, contents, strict=True):
        if content != contents[0]:
            raise BrokenModelError(f"{folder / name} differs from {folders[0] / name}: two models, not one")
    return contents[0]  # type: ignore[no-any-return]


def _trained_folds(folder: Path, checkpoint: str) -> list[str]:
    found = sorted(path.parent.name.removeprefix("fold_") for path in folder.glob(f"fold_*/{checkpoint}"))
    numbered = [fold for fold in found if fold != "all"]
    if not found:
        raise BrokenModelError(f"{folder} has no fold_<k>/{checkpoint}")
    return numbered or found


def _checkpoint(folder: Path, fold: str, checkpoint: str) -> Checkpoint:
    path = folder / f"fold_{fold}" / checkpoint
    if not path.is_file():
        raise BrokenModelError(f"{path} is missing")
    return read_checkpoint(path)


def _configuration(folder: Path, taken: Mapping[str, Checkpoint]) -> TrainedConfiguration:
    found = {(one.configuration, one.trainer, one.mirroring_axes) for one in taken.values()}
    if len(found) > 1:
        raise BrokenModelError(f"the folds in {folder} are of different trainings: {sorted(found)}")
    configuration, trainer, mirroring_axes = found.pop()
    return TrainedConfiguration(configuration, trainer, tuple(taken), mirroring_axes)


def _text(value: object) -> str:
    # Not str(): of a list that holds itself many times over, that would fill the memory.
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} is no name")
    return value


def _unwrapped(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Names without what DistributedDataParallel and torch.compile put before them."""
    return {name.removeprefix("module.").removeprefix("_orig_mod."): value for name, value in state.items()}
