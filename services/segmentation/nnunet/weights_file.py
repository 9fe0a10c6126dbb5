"""The parameters of a served nnU-Net model: one safetensors file with every configuration and fold."""

import os
from collections.abc import Mapping
from pathlib import Path

import safetensors
import safetensors.torch
import torch

from services.chassis.models import BrokenModelError
from services.segmentation.nnunet.layout import folds_of, split_key, tensor_key

Tensors = Mapping[str, torch.Tensor]


def without_aliases(state: Tensors) -> dict[str, torch.Tensor]:
    """A state dict with each tensor under the first of its names only.

    nnU-Net's networks hold the encoder twice and each convolution twice, under four names; see `fill` for the
    way back.
    """
    first: dict[tuple[object, ...], str] = {}
    kept = {}
    for name, tensor in state.items():
        place = (tensor.untyped_storage().data_ptr(), tensor.storage_offset(), tensor.shape, tensor.stride())
        if not tensor.numel() or place not in first:
            first[place] = name
            kept[name] = tensor
    return kept


def write_weights(path: Path, folds: Mapping[tuple[str, str], Tensors], *, half: bool = False) -> None:
    """Writes the state dicts of all (configuration, fold) pairs as one file, whole or not at all.

    half: floating point in half precision. Such weights take half the room and give nearly the same masks,
    not the same ones.
    """
    tensors = {
        tensor_key(configuration, fold, name): _stored(tensor, half)
        for (configuration, fold), state in folds.items()
        for name, tensor in without_aliases(state).items()
    }
    part = path.with_name(f".{path.name}.part")
    try:
        safetensors.torch.save_file(tensors, part)
        part.chmod(
            0o644
        )  # as readable as the other files of the model; the library makes it the owner's alone
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def stored_folds(path: Path) -> dict[str, tuple[str, ...]]:
    """The folds of each configuration in a file. Raises BrokenModelError when it is no such file."""
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            return folds_of(file.keys())
    except (OSError, ValueError, safetensors.SafetensorError) as error:
        raise BrokenModelError(f"{path} cannot be read: {error}") from error


def read_fold(path: Path, configuration: str, fold: str) -> dict[str, torch.Tensor]:
    """The tensors of one fold as they are stored, by their names in the network.

    Raises BrokenModelError when the file cannot be read or has no such fold.
    """
    wanted = (configuration, fold)
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            keys = file.keys()
            found = {split_key(key)[2]: file.get_tensor(key) for key in keys if split_key(key)[:2] == wanted}
    except (OSError, ValueError, safetensors.SafetensorError) as error:
        raise BrokenModelError(f"{path} cannot be read: {error}") from error
    if not found:
        raise BrokenModelError(f"{path.name} holds no fold {fold} of {configuration}")
    return found


def _stored(tensor: torch.Tensor, half: bool) -> torch.Tensor:
    kept = tensor.detach().cpu()
    if half and kept.is_floating_point():
        kept = kept.to(torch.float16)
    # A view of a larger storage would take that whole storage along.
    return kept.clone(memory_format=torch.contiguous_format)
