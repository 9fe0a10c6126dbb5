"""nnU-Net's trainer for two cores: bfloat16, small turns, a data set that may grow, files written whole.

Imported only after `Folders.announce`, since nnU-Net reads its folders from the environment.
"""

import os
from typing import Any

import numpy as np
import torch
from nnunetv2.training.nnUNetTrainer.variants.data_augmentation.nnUNetTrainerNoMirroring import (
    nnUNetTrainerNoMirroring,
)

_TURN = np.radians(12.0)
_VALIDATION = 16  # every so many cases are kept for the pseudo Dice


def trainer_class(only: str, half: bool) -> type[Any]:
    """The class to train with; only: a prefix of the cases to use. half: bfloat16 where autocast allows it.

    Nothing that matters to prediction differs from the stock class, whose name it bears: checkpoints name it.
    """
    return type(nnUNetTrainerNoMirroring.__name__, (_Trainer,), {"only": only, "half": half})


class _Trainer(nnUNetTrainerNoMirroring):  # type: ignore[misc]
    """Stock but for the methods below. only, half: as given to `trainer_class`."""

    only = ""
    half = True

    def initialize(self) -> None:
        """Channels last: a third less processor time a step."""
        super().initialize()
        self.network.to(memory_format=torch.channels_last)

    def configure_rotation_dummyDA_mirroring_and_inital_patch_size(self) -> Any:
        """Patients lie more or less straight: small turns only."""
        _turn, dummy, _size, mirror = super().configure_rotation_dummyDA_mirroring_and_inital_patch_size()
        size = [int(side * 1.12) for side in self.configuration_manager.patch_size]
        return (-_TURN, _TURN), dummy, np.array(size), mirror

    def do_split(self) -> tuple[list[str], list[str]]:
        """Every 16th case is for validation."""
        there = sorted(path.stem for path in _cases(self.preprocessed_dataset_folder))
        chosen = [name for name in there if name.startswith(self.only)]
        held = [name for name in chosen if int(name.rsplit("_", 1)[1]) % _VALIDATION == 0]
        return [name for name in chosen if name not in set(held)], held

    def on_epoch_start(self) -> None:
        """Take in what was drawn since the last epoch."""
        super().on_epoch_start()
        for loader, names in zip((self.dataloader_train, self.dataloader_val), self.do_split(), strict=True):
            inner = loader.data_loader
            inner._data.identifiers = inner.indices = names

    def train_step(self, batch: dict[str, Any]) -> dict[str, Any]:
        """As the stock step, with the forward pass in bfloat16 and the loss in single precision."""
        if not self.half:
            return super().train_step(batch)  # type: ignore[no-any-return]
        target = batch["target"]
        self.optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            output = self.network(batch["data"].to(memory_format=torch.channels_last))
        loss = self.loss([one.float() for one in output], target)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 12)
        self.optimizer.step()
        return {"loss": loss.detach().numpy()}

    def validation_step(self, batch: dict[str, Any]) -> dict[str, Any]:
        """In bfloat16 too."""
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.half):
            return super().validation_step(batch)  # type: ignore[no-any-return]

    def save_checkpoint(self, filename: str) -> None:
        """Under another name first: a kill in the middle leaves the last checkpoint whole."""
        super().save_checkpoint(f"{filename}.part")
        os.replace(f"{filename}.part", filename)

    def plot_network_architecture(self) -> None:
        """Not needed."""


def _cases(folder: str) -> list[Any]:
    from pathlib import Path

    return list(Path(folder).glob("*.pkl"))
