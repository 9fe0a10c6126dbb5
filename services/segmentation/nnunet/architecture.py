"""Builds the network that plans describe, and puts stored parameters into it."""

import pydoc
from collections.abc import Mapping
from typing import Any

import torch
from nnunetv2.utilities.get_network_from_plans import get_network_from_plans

from services.chassis.models import BrokenModelError
from services.segmentation.nnunet.refusals import UnsupportedModelError
from services.segmentation.nnunet.stage import Stage
from services.segmentation.nnunet.trainers import network_builder

_NETWORKS = "dynamic_network_architectures.architectures."
_PARTS = ("torch.nn.", "dynamic_network_architectures.building_blocks.")
_MOST_STAGES = 20


def build_network(stage: Stage) -> torch.nn.Module:
    """The network of a stage with shapes only, on torch's device `meta`.

    Plans name Python classes; only networks of nnU-Net's library and layers of torch are let through, as
    plans may be made by anybody. Raises UnsupportedModelError, UnknownTrainerError.
    """
    build = network_builder(stage.trained.trainer)
    configuration = stage.configuration
    try:
        kwargs = dict(configuration.network_arch_init_kwargs)
        imports = list(configuration.network_arch_init_kwargs_req_import)
        name = str(configuration.network_arch_class_name)
        _check_names(name, {key: kwargs[key] for key in imports})
        if not 0 < int(kwargs["n_stages"]) <= _MOST_STAGES:
            raise ValueError(f"{kwargs['n_stages']} stages")
        with torch.device("meta"):
            if build is not None:
                network = build(name, kwargs, imports, stage.inputs, stage.heads, False)
            else:
                network = get_network_from_plans(
                    name, kwargs, imports, stage.inputs, stage.heads, deep_supervision=False
                )
    except (AssertionError, ImportError, IndexError, KeyError, RuntimeError, TypeError, ValueError) as error:
        raise UnsupportedModelError(
            f"the network that the plans describe for {stage.name} cannot be built: "
            f"{type(error).__name__} {error}"
        ) from error
    if not isinstance(network, torch.nn.Module):
        raise UnsupportedModelError(f"{name} is no network")
    return network.eval().requires_grad_(False)


def fill(network: torch.nn.Module, stored: Mapping[str, torch.Tensor], what: str) -> None:
    """Puts the stored tensors into a network of `build_network`, each under all the names that it has there.

    what: which parameters these are, for messages. Raises BrokenModelError that names every missing, extra,
    misshapen and not finite tensor at once.
    """
    wanted = network.state_dict(keep_vars=True)
    values: dict[int, torch.Tensor] = {}
    misshapen, infinite = [], []
    for name, place in wanted.items():
        if name in stored:
            tensor = stored[name]
            if tensor.shape != place.shape or tensor.is_floating_point() != place.is_floating_point():
                misshapen.append(f"{name} is {_shown(tensor)}, needs {_shown(place)}")
            elif not torch.isfinite(tensor).all():
                infinite.append(name)
            values[id(place)] = tensor.to(place.dtype)
    missing = {id(place): name for name, place in reversed(wanted.items()) if id(place) not in values}
    problems = {
        "missing": list(reversed(missing.values())),
        "not part of the network": sorted(stored.keys() - wanted.keys()),
        "of the wrong shape or type": misshapen,
        "with infinite values or NaN": infinite,
    }
    if any(problems.values()):
        told = "; ".join(f"{which}: {_listed(names)}" for which, names in problems.items() if names)
        raise BrokenModelError(f"the parameters of {what} do not fit the network of the plans. {told}")
    network.load_state_dict({name: values[id(place)] for name, place in wanted.items()}, assign=True)
    network.eval().requires_grad_(False)


def _check_names(network: str, parts: Mapping[str, Any]) -> None:
    if "." in network and not network.startswith(_NETWORKS):
        raise UnsupportedModelError(f"{network[:100]} is no network of nnU-Net's library")
    for key, name in parts.items():
        if name is None:
            continue
        found = pydoc.locate(str(name)) if str(name).startswith(_PARTS) else None
        if not (isinstance(found, type) and issubclass(found, torch.nn.Module)):
            raise UnsupportedModelError(f"{key} is {str(name)[:100]}, which is no layer of torch")


def _shown(tensor: torch.Tensor) -> str:
    size = " x ".join(map(str, tensor.shape)) or "a single number"
    return f"{size} of {str(tensor.dtype).removeprefix('torch.')}"


def _listed(names: list[str], most: int = 20) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(name[:200] for name in names[:most]) + more
