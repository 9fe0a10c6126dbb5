"""Where a training run keeps its things, and how nnU-Net is told."""

import os
from dataclasses import dataclass
from pathlib import Path

from training.ct.inputs import Network


@dataclass(frozen=True)
class Folders:
    """Everything lies below root, which is outside of the repository."""

    root: Path

    def announce(self, run: str = "") -> None:
        """Set what nnU-Net reads from the environment when it is imported; call it before that.

        run: the folder below results.
        """
        os.environ.update(
            nnUNet_raw=str(self.root / "raw"),
            nnUNet_preprocessed=str(self.root / "preprocessed"),
            nnUNet_results=str(self.root / "results" / run),
            nnUNet_def_n_proc="1",
            nnUNet_n_proc_DA="0",
        )

    def dataset(self, network: Network) -> Path:
        """The folder of a network's data set."""
        return self.root / "preprocessed" / network.dataset

    def cases(self, network: Network) -> Path:
        """The folder of its preprocessed images."""
        return self.dataset(network) / "nnUNetPlans_2d"

    def trained(self, network: Network, run: str) -> Path:
        """The folder that nnU-Net's trainer left for a network: plans.json, dataset.json, fold_0."""
        (found,) = (self.root / "results" / run / network.dataset).glob("*__2d")
        return found
