"""Writes made-up models as nnU-Net's trainer leaves them: random parameters in its own networks."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from nnunetv2.utilities.get_network_from_plans import get_network_from_plans
from nnunetv2.utilities.label_handling.label_handling import determine_num_input_channels
from nnunetv2.utilities.plans_handling.plans_handler import PlansManager

from services.segmentation.nnunet.architecture import build_network, fill
from services.segmentation.nnunet.layout import TrainedConfiguration
from services.segmentation.nnunet.manifest import read_nnunet
from services.segmentation.nnunet.stage import stages_of
from services.segmentation.nnunet.weights_file import read_fold
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


def as_trained(served: Path, root: Path) -> list[Path]:
    """Writes a served model back as the folders that it was made from, for those who cannot read it."""
    manifest = read_nnunet(served)
    folders = []
    for stage in stages_of(manifest):
        folder = root / f"{stage.trained.trainer}__nnUNetPlans__{stage.name}"
        folder.mkdir(parents=True)
        for name in ("plans.json", "dataset.json"):
            (folder / name).write_bytes((served / name).read_bytes())
        for fold in stage.trained.folds:
            network = build_network(stage)
            fill(network, read_fold(manifest.model.weights[0].path, stage.name, fold), fold)
            (folder / f"fold_{fold}").mkdir()
            _save(
                folder / f"fold_{fold}" / "checkpoint_final.pth",
                network,
                dict(manifest.plans),
                dict(manifest.dataset),
                stage.trained,
            )
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
    trained = TrainedConfiguration(recipe.configuration, recipe.trainer, ("0",), recipe.mirroring_axes or ())
    _save(path, network, plans, dataset, trained)


def _save(
    path: Path,
    network: torch.nn.Module,
    plans: dict[str, Any],
    dataset: dict[str, Any],
    trained: TrainedConfiguration,
) -> None:
    """All that nnU-Net's trainer writes into a checkpoint."""
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
                "configuration": trained.name,
                "fold": 0,
                "dataset_json": dataset,
                "device": torch.device("cpu"),
            },
            "trainer_name": trained.trainer,
            "inference_allowed_mirroring_axes": trained.mirroring_axes or None,
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
