"""One spelling for a U-Net's tensors, whatever the code that trained it called them.

Ours is "enc1.conv1.weight", "enc1.bn1.running_mean", ..., "final_conv.bias". Read as the same:
one convolution a block without numbers ("enc1.conv", "enc1.bn"), a Sequential ("enc1.0", "enc1.1"),
a nested one ("enc1.conv.0") or nested units ("enc1.0.conv", "enc1.0.bn"); all of them inside
wrappers such as "module." or {"state_dict": ...}.
"""

import re
from collections.abc import Iterable, Mapping

import torch

from services.segmentation.octa.layout import BLOCKS, HEAD

CONTAINERS = ("state_dict", "model_state_dict", "model", "network")
"""Keys under which training code keeps the parameters beside its optimizer and epoch."""

PREFIX = re.compile(r"^(?:(?:module|model|net|network|unet|_orig_mod)\.)+")
"""Names that DataParallel, torch.compile and wrapper modules put in front of every key."""

KEY = re.compile(rf"^({'|'.join(BLOCKS)})\.(.+)\.(weight|bias|running_mean|running_var|num_batches_tracked)$")
HEAD_KEY = re.compile(rf"^{HEAD}\.(?:0\.)?(weight|bias)$")

STATISTICS = ("running_mean", "running_var", "num_batches_tracked")


def unwrapped(content: object) -> dict[str, torch.Tensor]:
    """The name-to-tensor mapping inside a file's content, without wrappers and their prefixes.

    Raises ValueError when there is none, or when two keys differ by their prefix only.
    """
    while isinstance(content, Mapping) and not _is_state(content):
        inner = [content[name] for name in CONTAINERS if isinstance(content.get(name), Mapping)]
        if not inner:
            raise ValueError("no mapping of names to tensors in it")
        content = inner[0]
    if not isinstance(content, Mapping):
        raise ValueError(f"it holds a {type(content).__name__}, not a mapping of names to tensors")
    state = {PREFIX.sub("", name): tensor for name, tensor in content.items()}
    if len(state) != len(content):
        raise ValueError("two of its tensors have the same name but for a wrapper's prefix")
    return state


def canonical_names(state: Mapping[str, torch.Tensor]) -> dict[str, str]:
    """Our name of each key that belongs to the network.

    Left out are keys that do not, and the second of two that would get the same name.
    """
    names = {key: f"{HEAD}.{match[1]}" for key in state if (match := HEAD_KEY.match(key))}
    for block in BLOCKS:
        leaves: dict[str, dict[str, str]] = {}
        for key in state:
            if (match := KEY.match(key)) and match[1] == block:
                leaves.setdefault(match[2], {})[match[3]] = key
        for path, layer in _numbered(leaves, state).items():
            names |= {key: f"{block}.{layer}.{field}" for field, key in leaves[path].items()}
    first = {name: key for key, name in reversed(names.items())}
    return {key: name for name, key in first.items()}


def _is_state(content: Mapping[object, object]) -> bool:
    return bool(content) and all(
        isinstance(name, str) and isinstance(value, torch.Tensor) for name, value in content.items()
    )


def _numbered(leaves: Mapping[str, Mapping[str, str]], state: Mapping[str, torch.Tensor]) -> dict[str, str]:
    """ "conv2" or "bn2" for each module path of a block, numbered from 1 in the order of computation."""
    kinds = {path: _kind(path, fields, state) for path, fields in leaves.items()}
    if any(path.rpartition(".")[2].isdigit() for path in leaves):
        return _by_position(sorted(leaves, key=_numbers), kinds)
    places = sorted({_numbers(path) for path in leaves})
    return {path: f"{kinds[path]}{places.index(_numbers(path)) + 1}" for path in leaves}


def _by_position(paths: Iterable[str], kinds: Mapping[str, str]) -> dict[str, str]:
    """In a Sequential a normalisation belongs to the convolution before it; gaps are activations."""
    layers: dict[str, str] = {}
    number, before = 0, "bn"
    for path in paths:
        # Two of a kind in a row: the other one is missing from the file, and its number stays free.
        if kinds[path] == "conv" or before == "bn":
            number += 1
        layers[path] = f"{kinds[path]}{number}"
        before = kinds[path]
    return layers


def _kind(path: str, fields: Mapping[str, str], state: Mapping[str, torch.Tensor]) -> str:
    """ "conv" or "bn", by the name where it tells, else by the tensors."""
    leaf = path.rpartition(".")[2].lower()
    if "bn" in leaf or "norm" in leaf:
        return "bn"
    if "conv" in leaf:
        return "conv"
    if any(field in fields for field in STATISTICS):
        return "bn"
    return "bn" if "weight" in fields and state[fields["weight"]].ndim == 1 else "conv"


def _numbers(path: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", path))
