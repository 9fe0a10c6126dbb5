"""Puts a trained network at rest as a served model, and measures it on the way.

    python -m training.ct.export locate --folder /work/ct-training --name released --images 300

Writes models/ct-l3-locate or models/ct-l3-measure in half precision. What `training.ct.score` says of the
second renderer, which no training saw, becomes the accuracy in model.toml.
"""

import argparse
import shutil
from dataclasses import replace
from pathlib import Path

from services.segmentation.nnunet.layout import MANIFEST_FILE, Description, Label, mask_labels
from services.segmentation.nnunet.manifest import NnunetManifest, write_manifest
from services.segmentation.nnunet.toml import toml_text
from services.segmentation.nnunet.trained import FINAL_CHECKPOINT, serve_trained
from training.ct.folders import Folders
from training.ct.inputs import NETWORKS
from training.ct.plans import dataset_of
from training.ct.score import measured

MODELS = Path("models")
CODES = {
    "sacrum": ("54735007", "Sacrum"),
    "l5": ("49668003", "L5 vertebra"),
    "l4": ("11994002", "L4 vertebra"),
    "l3": ("36470004", "L3 vertebra"),
    "l2": ("14293000", "L2 vertebra"),
    "l1": ("66794005", "L1 vertebra"),
    "t12": ("23215003", "T12 vertebra"),
}
"""SNOMED CT codes of DICOM PS3.16, CID 7600, for the labels that have one of their own."""

_TITLES = {
    "locate": "Vertebral bodies on the mid-sagittal plane of a CT",
    "measure": "Compartments of an axial CT slice at L3",
}
_SEEN = {"locate": "phantoms", "measure": "slices at L3, each of another phantom"}
_HEADLINES = {"locate": "L3 Dice", "measure": "muscle Dice"}
_DATA = {
    "measured": "Phantoms drawn by training/phantoms; no real patient",
    "released": (
        "Phantoms drawn by training/phantoms, and the label maps of one open CT (example_ct of "
        "wasserth/TotalSegmentator, Apache-2.0), warped and filled anew"
    ),
}
SECOND_RENDERER = "second renderer"


def export(network: str, run: str, trained: Path, checkpoint: str, target: Path) -> NnunetManifest:
    """The model in target, which must not be there yet."""
    description = Description(
        name=target.name,
        title=_TITLES[network],
        licence="MIT",
        intended_use="Demonstrator. Not for clinical use.",
        training_data=_DATA.get(run, run),
    )
    served = serve_trained([trained], target, description, checkpoint=checkpoint, half=True)
    write_manifest(
        target,
        description,
        configuration=served.configuration,
        configurations=list(served.configurations.values()),
        labels=[_coded(label) for label in mask_labels(dataset_of(NETWORKS[network], 0))],
        channels=served.channels,
        weights={one.name.rsplit("/", 1)[1]: one.path for one in served.model.weights},
        source="training/ct/train.py, half precision",
    )
    return served


def main() -> None:
    """Exports as the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("network", choices=sorted(NETWORKS))
    parser.add_argument("--folder", type=Path, required=True, help="as given to training.ct.train")
    parser.add_argument("--name", default="released", help="of the run")
    parser.add_argument("--checkpoint", default=FINAL_CHECKPOINT, help="file name below fold_0")
    parser.add_argument("--images", type=int, default=300, help="phantoms to measure on")
    arguments = parser.parse_args()
    network = NETWORKS[arguments.network]
    trained = Folders(arguments.folder).trained(network, arguments.name)
    target = MODELS / f"ct-l3-{arguments.network}"
    shutil.rmtree(target, ignore_errors=True)
    export(arguments.network, arguments.name, trained, arguments.checkpoint, target)
    scores = measured(
        arguments.network, trained / "fold_0" / arguments.checkpoint, SECOND_RENDERER, arguments.images
    )
    scores.pop("images")
    accuracy = {
        "measure": "; ".join(f"{name} {value:.3f}" for name, value in scores.items()),
        "data": f"{arguments.images} {_SEEN[arguments.network]} of a second renderer, which no training saw",
        "dice": round(scores[_HEADLINES[arguments.network]], 4),
        "command": f"python -m training.ct.export {arguments.network}",
    }
    with (target / MANIFEST_FILE).open("a", encoding="utf-8") as file:
        file.write("\n" + toml_text({"accuracy": accuracy}))
    print((target / MANIFEST_FILE).read_text(encoding="utf-8"))


def _coded(label: Label) -> Label:
    if label.name not in CODES:
        return label
    code, meaning = CODES[label.name]
    return replace(label, meaning=meaning, scheme="SCT", code=code)


if __name__ == "__main__":
    main()
