"""How well both networks do on the open real CT, beside a published model's masks.

    python -m training.ct.real_measures --checkpoint FOLD/checkpoint_final.pth    # the measuring one alone
    python -m training.ct.real_measures --models models --write docs/accuracy.md

The images go the way of the service: its slices, its resampling, its outlines and windows. Both images are of
one patient: only weights that never saw him (--phantoms-only in training) are measured by this.
"""

import argparse
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from services.segmentation.ct.locate.locating import locate
from services.segmentation.ct.measure import (
    L3Extent,
    MeasureOptions,
    Network,
    Tissue,
    Windows,
    measure_l3,
    scores_of,
)
from services.segmentation.ct.measure.bowel import bowel_content
from services.segmentation.ct.measure.plane import compartments_of
from services.segmentation.ct.measure.tissues import LABELS, tissue_labels
from services.segmentation.ct.networks import Networks
from services.segmentation.ct.pipeline import LOCATE_MODEL, MEASURE_MODEL
from services.segmentation.ct.reading import CtImage, CtLimits, open_ct
from training.accuracy_page import write_part
from training.ct.inputs import MEASURE, PITCH_MM
from training.ct.score import Predictor, dice

CANAL, L3 = 79, 29
"""Labels of the published model."""

PSOAS_WITHIN, TISSUE_WITHIN = 0.15, 0.10
PART = "ct-l3 on real CT"


@dataclass(frozen=True)
class Row:
    """One comparison: areas or volumes of ours and theirs, and the overlap of the two masks."""

    what: str
    ours: float
    theirs: float
    unit: str
    overlap: float
    within: float | None = None

    @property
    def difference(self) -> float:
        """Of ours against theirs."""
        return self.ours / self.theirs - 1

    def __str__(self) -> str:
        verdict = ""
        if self.within is not None:
            verdict = f"within {self.within:.0%}: {'yes' if abs(self.difference) <= self.within else 'NO'}"
        return (
            f"| {self.what} | {self.ours:.1f} {self.unit} | {self.theirs:.1f} {self.unit} | "
            f"{self.difference:+.1%} | {self.overlap:.3f} | {verdict} |"
        )


def read_labels(path: Path) -> np.ndarray:
    """A label map in the order of its CT, (slices, rows, columns)."""
    return open_ct(path, CtLimits()).read()


def l3_extent(image: CtImage, folder: Path) -> L3Extent:
    """The body of L3 by the published labels: in front of the canal, on the plane through its middle."""
    vertebra = read_labels(folder / "example_ct_vertebrae.nii.gz") == L3
    canal = read_labels(folder / "example_ct_organs.nii.gz") == CANAL
    heights = np.flatnonzero(vertebra.any((1, 2)))
    middle = round(float(np.argwhere(canal[heights])[:, 2].mean()))
    inside = []
    for index in heights:
        # Rows grow to the front in this file.
        front = np.flatnonzero(canal[index].any(1)).max()
        body = np.argwhere(vertebra[index]) if canal[index].any() else np.empty((0, 2))
        body = body[(body[:, 0] > front) & (np.abs(body[:, 1] - middle) <= 1)] if len(body) else body
        if len(body) >= 12:
            inside.append((index, *body.mean(0)))
    found = np.array(inside)
    ends = [image.geometry.position_mm((float(index), *found.mean(0)[1:]))[2] for index in found[[0, -1], 0]]
    half = image.geometry.spacing_mm[0] / 2
    centre = image.geometry.position_mm(tuple(found.mean(0)))
    return L3Extent(min(ends) - half, max(ends) + half, centre)


def psoas_rows(folder: Path, network: Network) -> list[Row]:
    """Psoas at L3, in the headline slice and over the body."""
    image = open_ct(folder / "example_ct.nii.gz", CtLimits())
    measurement, pixels = measure_l3(image, l3_extent(image, folder), network, MeasureOptions())
    window = measurement.options.windows.muscle
    masks = [read_labels(folder / f"example_ct_iliopsoas_{side}.nii.gz") > 0 for side in ("left", "right")]
    first, count = pixels.first, len(pixels.tissues)
    slab = slice(first, first + count)
    theirs = (masks[0] | masks[1])[slab] & window.holds(image.read(first, first + count))
    ours = np.isin(pixels.tissues, LABELS[Tissue.PSOAS])
    pixel_cm2 = image.geometry.spacing_mm[1] * image.geometry.spacing_mm[2] / 100
    at = pixels.headline
    found = [
        Row(
            f"psoas area at L3, slice {first + at}",
            float(ours[at].sum() * pixel_cm2),
            float(theirs[at].sum() * pixel_cm2),
            "cm²",
            dice(ours[at], theirs[at]),
            PSOAS_WITHIN,
        )
    ]
    areas = ours.sum((1, 2)) * pixel_cm2, theirs.sum((1, 2)) * pixel_cm2
    found.append(
        Row(
            f"psoas area, mean of slices {first} to {first + count - 1}",
            float(areas[0].mean()),
            float(areas[1].mean()),
            "cm²",
            dice(ours, theirs),
        )
    )
    return found


def slab_rows(folder: Path, network: Network) -> list[Row]:
    """Muscle and fat of the slab from T12 to L2: ours as served, their muscle after our window."""
    image = open_ct(folder / "example_ct_sm.nii.gz", CtLimits())
    hu = image.read()
    windows, spacing = Windows(), image.geometry.spacing_mm[1:]
    ours = np.zeros(hu.shape, np.uint8)
    for index, plane in enumerate(hu):
        compartments = compartments_of(plane, image.geometry.slab(index, index + 1), network)
        if compartments is not None:
            content = bowel_content(plane, compartments, spacing)
            ours[index] = tissue_labels(plane, compartments, windows, content)
    masks = {
        name: read_labels(folder / f"example_ct_sm_{name}.nii.gz") > 0
        for name in ("skeletal_muscle", "subcutaneous_fat", "torso_fat")
    }
    muscle = windows.muscle.holds(hu)
    outer = np.isin(ours, LABELS[Tissue.SUBCUTANEOUS_FAT])
    inner = np.isin(ours, LABELS[Tissue.VISCERAL_FAT])
    pairs = [
        (
            "muscle, T12 to L2",
            np.isin(ours, LABELS[Tissue.SKELETAL_MUSCLE]),
            masks["skeletal_muscle"] & muscle,
            TISSUE_WITHIN,
        ),
        (
            "fat, T12 to L2",
            outer | inner,
            masks["subcutaneous_fat"] | masks["torso_fat"],
            TISSUE_WITHIN,
        ),
        ("of it subcutaneous", outer, masks["subcutaneous_fat"], None),
        ("of it visceral", inner, masks["torso_fat"], None),
    ]
    voxel_cm3 = image.geometry.voxel_mm3 / 1000
    return [
        Row(what, float(a.sum() * voxel_cm3), float(b.sum() * voxel_cm3), "cm³", dice(a, b), within)
        for what, a, b, within in pairs
    ]


def level_lines(folder: Path, models: Path) -> list[str]:
    """Where the service finds L3 in the whole CT, beside where the published labels have its body."""
    image = open_ct(folder / "example_ct.nii.gz", CtLimits())
    networks = Networks(models / LOCATE_MODEL, models / MEASURE_MODEL, "cpu")
    network = networks.part("locate", "", "", lambda: False)
    found, truth = locate(image, network.probabilities).location, l3_extent(image, folder)
    right = truth.low_mm <= found.level_mm <= truth.high_mm
    doubts = ", ".join(doubt.kind.value for doubt in found.doubts) or "none"
    return [
        f"L3, found by {LOCATE_MODEL}: middle at {found.level_mm:.1f} mm, body from {found.low_mm:.1f} to "
        f"{found.high_mm:.1f} mm. Published labels: middle at {truth.centre_mm[2]:.1f} mm, body from "
        f"{truth.low_mm:.1f} to {truth.high_mm:.1f} mm. Right level: {'yes' if right else 'NO'}; "
        f"confidence {found.confidence:.2f}; doubts: {doubts}.",
        "",
    ]


def network_of(checkpoint: Path | None, model: Path | None) -> tuple[Network, str]:
    """The network of a checkpoint of nnU-Net's trainer, or of a served model; and its digest, in words."""
    if checkpoint is not None:
        predictor = Predictor(MEASURE, checkpoint)
        digest = hashlib.sha256(checkpoint.read_bytes()).hexdigest()
        return (
            lambda image: predictor.logits(image[0])[:, np.newaxis]
        ), f"{checkpoint.name}, sha256:{digest}"
    if model is None:
        raise ValueError("either a checkpoint or a model")
    from services.segmentation.nnunet.manifest import read_nnunet
    from services.segmentation.nnunet.predictor import NnunetNetwork, PredictOptions

    manifest = read_nnunet(model)
    weights = manifest.model.weights[0]
    served = NnunetNetwork(manifest, weights)
    spacing, options = (1.0, PITCH_MM, PITCH_MM), PredictOptions(mirroring=False)

    def answer(image: np.ndarray) -> np.ndarray:
        return scores_of(
            served.probabilities(image[:, 0][:, np.newaxis], spacing, options, lambda _: None, lambda: False)
        )

    return answer, f"{manifest.model.name}, {weights.name}, {weights.digest}"


def main() -> None:
    """Print the table; with --write, put it into the page as well."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    chosen = parser.add_mutually_exclusive_group(required=True)
    chosen.add_argument("--checkpoint", type=Path)
    chosen.add_argument("--models", type=Path, help="the folder of the served models")
    parser.add_argument("--data", type=Path, default=Path("../shared/data/ct"), help="the real CT")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="the page to write the table into")
    arguments = parser.parse_args()
    models: Path | None = arguments.models
    network, words = network_of(arguments.checkpoint, models and models / MEASURE_MODEL)
    rows = [*psoas_rows(arguments.data, network), *slab_rows(arguments.data, network)]
    lines = [
        *(level_lines(arguments.data, models) if models else []),
        f"Measured with {words}.",
        "",
        "| what | ours | published model | difference | Dice | |",
        "|---|---|---|---|---|---|",
        *map(str, rows),
    ]
    text = "\n".join(lines)
    print(text)
    if arguments.write:
        write_part(arguments.write, PART, text)


if __name__ == "__main__":
    main()
