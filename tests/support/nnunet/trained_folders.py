"""Writes made-up models as nnU-Net's trainer leaves them: random parameters in its own networks."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from nnunetv2.utilities.get_network_from_plans import get_network_from_plans
from nnunetv2.utilities.label_handling.label_handling import determine_num_input_channels
from nnunetv2.utilities.plans_handling.plans_handler import PlansManager

from tests.support.nnunet.recipes import Recipe, dataset_of, plans_of


def write_trained(root: Path, *recipes: Recipe, seed: int = 0) -> list[Path]:
    """Writes `root`/<trainer>__nnUNetPlans__<configuration> for each recipe; returns the folders.

    Recipes share labels, channels and axis order; those of a cascade come with its first stage first.
    """
    plans, dataset = plans_of(*recipes), dataset_of(recipes[0])
    torch.manual_seed(seed)
    folders = []
    for recipe in recipes:
        folder = root / f"{recipe.trainer}__nnUNetPlans__{recipe.configuration}"
        folder.mkdir(parents=True)
        (folder / "plans.json").write_text(json.dumps(plans))
        (folder / "dataset.json").write_text(json.dumps(dataset))
        for fold in range(recipe.trainings):
            (folder / f"fold_{fold}").mkdir()
            _write_checkpoint(folder / f"fold_{fold}" / "checkpoint_final.pth", recipe, plans, dataset)
        folders.append(folder)
    return folders


def _write_checkpoint(path: Path, recipe: Recipe, plans: dict[str, Any], dataset: dict[str, Any]) -> None:
    manager = PlansManager(plans)
    configuration = manager.get_configuration(recipe.configuration)
    network = get_network_from_plans(
        configuration.network_arch_class_name,
        configuration.network_arch_init_kwargs,
        configuration.network_arch_init_kwargs_req_import,
        determine_num_input_channels(manager, configuration, dataset),
        manager.get_label_manager(dataset).num_segmentation_heads,
        deep_supervision=True,
    )
    for name, parameter in network.named_parameters():
        if parameter.ndim == 1:  # those of norms start as 0 and 1, and so would hide a mistake
            torch.nn.init.normal_(parameter, 1.0 if name.endswith("norm.weight") else 0.0, 0.2)
    _balance(network, configuration.patch_size)
    torch.save(
        {
            "network_weights": network.state_dict(),
            "optimizer_state": {},
            "grad_scaler_state": None,
            "logging": {"mean_fg_dice": [np.float64(0.5)], "epoch_end_timestamps": [1.0]},
            "_best_ema": np.float32(0.5),
            "current_epoch": 1,
            "init_args": {
                "plans": plans,
                "configuration": recipe.configuration,
                "fold": 0,
                "dataset_json": dataset,
                "device": torch.device("cpu"),
            },
            "trainer_name": recipe.trainer,
            "inference_allowed_mirroring_axes": recipe.mirroring_axes,
        },
        path,
    )


@torch.no_grad()
def _balance(network: Any, patch: list[int]) -> None:
    """Gives all labels about the same share of an image of noise, and logits of about the same spread."""
    head = network.decoder.seg_layers[-1]
    channels = next(network.parameters()).shape[1]
    logits = network.eval()(torch.randn(1, channels, *patch))[0][0].flatten(1)
    spread = 3 / logits.std(1)
    head.weight *= spread.reshape(-1, *[1] * (head.weight.ndim - 1))
    head.bias.copy_((head.bias - logits.mean(1)) * spread)
