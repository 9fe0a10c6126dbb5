"""Loads the weights of octa-vessels: whatever layout they have, checked tensor by tensor."""

import hashlib
import io
import pickle
from collections.abc import Mapping
from pathlib import Path

import safetensors
import safetensors.torch
import torch

from services.segmentation.octa.layout import Shape, UNetLayout, layout_of, needed_shapes
from services.segmentation.octa.spelling import canonical_names, unwrapped
from services.segmentation.octa.unet import UNet

SAFETENSORS = ".safetensors"
PICKLED = (".pt", ".pth")

MAX_PARAMETERS = 100_000_000
"""A U-Net of 64 to 1024 channels has 31 million; more is a mistake or an attack on memory."""

COUNTER = "num_batches_tracked"
"""BatchNorm's count of training batches, of no use at inference; it may be there or not."""

UNREADABLE = (
    safetensors.SafetensorError,
    pickle.UnpicklingError,
    RuntimeError,
    ValueError,
    EOFError,
    KeyError,
)
"""What safetensors and torch.load raise for a file that is cut off, of another kind, or hostile."""


class WeightsError(ValueError):
    """A file is not a set of weights for this network.

    missing, extra: names of tensors. misshapen: sentences of a name, its shape and the shape needed.
    All three are empty when the file cannot be read at all.
    """

    def __init__(
        self,
        message: str,
        *,
        missing: tuple[str, ...] = (),
        extra: tuple[str, ...] = (),
        misshapen: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message)
        self.missing = missing
        self.extra = extra
        self.misshapen = misshapen


def load_weights(path: Path) -> tuple[UNet, str]:
    """The network in eval mode on the CPU in float32, and the digest "sha256:<hex>" of the file's bytes.

    path: .safetensors, or .pt and .pth, of which only tensors are unpickled. Half precision at rest is
    brought to float32. Raises WeightsError, OSError when the file cannot be opened.
    """
    content = path.read_bytes()
    state = _read(content, path.suffix.lower())
    return network_from_state(state), f"sha256:{hashlib.sha256(content).hexdigest()}"


def network_from_state(state: Mapping[str, torch.Tensor]) -> UNet:
    """The network in eval mode whose layout and parameters are those of a state dict in any spelling.

    state: without wrappers, as unwrapped gives it. Raises WeightsError that names every missing, extra
    and misshapen tensor at once.
    """
    layout = check_state(state)
    names = canonical_names(state)
    parameters = {
        names[key]: tensor.detach().to(torch.float32) for key, tensor in state.items() if key in names
    }
    not_finite = tuple(name for name, tensor in parameters.items() if not torch.isfinite(tensor).all())
    if not_finite:
        raise WeightsError(f"these weights hold infinities or NaN in {', '.join(not_finite)}")
    network = UNet(layout)
    # Not strict: num_batches_tracked may be absent; everything else has been checked.
    network.load_state_dict(parameters, strict=False)
    return network.eval()


def check_state(state: Mapping[str, torch.Tensor]) -> UNetLayout:
    """The layout of a state dict in any spelling. Raises WeightsError as network_from_state does."""
    names = canonical_names(state)
    found = {name: tuple(state[key].shape) for key, name in names.items()}
    keys = {name: key for key, name in names.items()}
    needed = needed_shapes(found)
    missing = tuple(name for name in needed if name not in found)
    extra = tuple(key for key in state if names.get(key) not in needed and not key.endswith(COUNTER))
    misshapen = tuple(
        f"{keys[name]} is {_shown(found[name])}, needs {_shown(shape)}"
        for name, shape in needed.items()
        if name in found and not _fits(found[name], shape)
    ) + tuple(
        f"{keys[name]} holds {state[keys[name]].dtype}, needs floating point"
        for name in needed
        if name in found and not _is_dense_float(state[keys[name]])
    )
    if missing or extra or misshapen:
        raise WeightsError(
            _message(missing, extra, misshapen), missing=missing, extra=extra, misshapen=misshapen
        )
    if sum(tensor.numel() for tensor in state.values()) > MAX_PARAMETERS:
        raise WeightsError(f"these weights have more than {MAX_PARAMETERS:,} parameters")
    return layout_of(found)


def _read(data: bytes, suffix: str) -> dict[str, torch.Tensor]:
    if suffix not in (SAFETENSORS, *PICKLED):
        raise WeightsError(f"weights are .safetensors, .pt or .pth; this is {suffix or 'without extension'}")
    try:
        content = safetensors.torch.load(data) if suffix == SAFETENSORS else _unpickled(data)
    except UNREADABLE as error:
        # Not torch's own message: it advises to load the file with weights_only=False.
        raise WeightsError(f"this {suffix} file is cut off, or holds other things than tensors") from error
    try:
        return unwrapped(content)
    except ValueError as error:
        raise WeightsError(f"this {suffix} file cannot be read as weights: {error}") from error


def _unpickled(data: bytes) -> object:
    return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)


def _fits(found: tuple[int, ...], needed: Shape) -> bool:
    return len(found) == len(needed) and all(
        has == want if want else has > 0 for has, want in zip(found, needed, strict=True)
    )


def _is_dense_float(tensor: torch.Tensor) -> bool:
    return tensor.is_floating_point() and tensor.layout == torch.strided


def _shown(shape: Shape) -> str:
    return " x ".join("any" if size is None else str(size) for size in shape) or "a single number"


def _message(missing: tuple[str, ...], extra: tuple[str, ...], misshapen: tuple[str, ...]) -> str:
    parts = (
        ("missing", missing),
        ("not part of the network", extra),
        ("of the wrong shape or type", misshapen),
    )
    named = "; ".join(f"{what}: {', '.join(tensors)}" for what, tensors in parts if tensors)
    return f"these weights do not fit octa-vessels' U-Net of one grey channel in and one logit out. {named}"
