"""Draw the data sets of both networks, ready for nnU-Net's trainer.

    python -m training.ct.prepare locate --folder /work/ct-training --phantoms 0:1200

A case that is already there is kept; the trainer takes what is new at its next epoch. Each case is what
nnU-Net's own preprocessor makes of the image, written by its own data set class.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from training.ct.folders import Folders
from training.ct.inputs import NETWORKS, PITCH_MM, Case, Network
from training.ct.phantom_cases import draw_case
from training.ct.plans import CONFIGURATION, dataset_of, plans_of


def write_descriptions(folders: Folders, network: Network) -> None:
    """plans, dataset and fingerprint, where nnU-Net looks for them."""
    folder = folders.dataset(network)
    folders.cases(network).mkdir(parents=True, exist_ok=True)
    for name, content in (
        ("nnUNetPlans.json", plans_of(network)),
        ("dataset.json", dataset_of(network, 1)),
        ("dataset_fingerprint.json", {}),
    ):
        (folder / name).write_text(json.dumps(content, indent=1))


class Writer:
    """Preprocesses and writes cases of one network. Imports nnU-Net, so `Folders.announce` comes first."""

    def __init__(self, folders: Folders, network: Network) -> None:
        from nnunetv2.preprocessing.preprocessors.default_preprocessor import DefaultPreprocessor
        from nnunetv2.training.dataloading.nnunet_dataset import nnUNetDatasetBlosc2
        from nnunetv2.utilities.plans_handling.plans_handler import PlansManager

        self._folder = folders.cases(network)
        self._plans = PlansManager(plans_of(network))
        self._configuration = self._plans.get_configuration(CONFIGURATION)
        self._dataset = dataset_of(network, 1)
        self._preprocessor = DefaultPreprocessor(verbose=False)
        self._files = nnUNetDatasetBlosc2

    def write(self, name: str, case: Case) -> None:
        """One case; the properties go last, since a case counts as there when they are."""
        properties: dict[str, Any] = {"spacing": [1.0, PITCH_MM, PITCH_MM]}
        data, truth, properties = self._preprocessor.run_case_npy(
            case.image[:, None],
            case.truth[None, None].astype(np.int16),
            properties,
            self._plans,
            self._configuration,
            self._dataset,
        )
        data = data.astype(np.float32)
        sizes = self._files.comp_blosc2_params(data.shape, tuple(self._configuration.patch_size), 4)
        truth_sizes = self._files.comp_blosc2_params(truth.shape, tuple(self._configuration.patch_size), 1)
        self._files.save_case(
            data,
            truth,
            properties,
            str(self._folder / name),
            chunks=sizes[1],
            blocks=sizes[0],
            chunks_seg=truth_sizes[1],
            blocks_seg=truth_sizes[0],
        )

    def has(self, name: str) -> bool:
        """Whether the case is there, whole."""
        return (self._folder / f"{name}.pkl").exists()


def span(text: str) -> range:
    """`A:B` as a range of seeds."""
    first, last = text.split(":")
    return range(int(first), int(last))


def main() -> None:
    """Draw what the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("network", choices=sorted(NETWORKS))
    parser.add_argument("--folder", type=Path, required=True, help="outside of the repository")
    parser.add_argument("--phantoms", type=span, default=range(0), help="seeds A:B")
    parser.add_argument("--real", type=span, default=range(0), help="seeds A:B of warped real images")
    parser.add_argument("--data", type=Path, default=Path("../shared/data/ct"), help="the real CT")
    arguments = parser.parse_args()
    folders, network = Folders(arguments.folder), NETWORKS[arguments.network]
    folders.announce()
    write_descriptions(folders, network)
    writer = Writer(folders, network)

    def each(kind: str, seeds: range, draw: Callable[[int], Case]) -> None:
        for seed in seeds:
            name = f"{kind}_{seed:06d}"
            if not writer.has(name):
                writer.write(name, draw(seed))

    each("phantom", arguments.phantoms, lambda seed: draw_case(arguments.network, seed))
    if arguments.real:
        from training.ct.real_cases import RealCases

        patient = RealCases(arguments.data)
        each("real", arguments.real, lambda seed: patient.draw(arguments.network, seed))


if __name__ == "__main__":
    main()
