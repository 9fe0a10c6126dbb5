"""How well a trained network does on images that it never saw.

    python -m training.ct.score locate --images 300
    python -m training.ct.score measure --checkpoint FOLD/checkpoint_final.pth --images 100

The first is of the bundled weights.

Three sets: phantoms of the renderer of training from unseen seeds, the same from ranges that training never
drew, and those of a second renderer. And the open real CT, which is unseen only by weights that were trained
with --phantoms-only. Slices for `measure` go through the body of L3, as the service's do; with --trunk they
lie anywhere from S1 to T11. With --write the table goes into docs/accuracy.md as well.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np

from services.segmentation.ct.measure.cleaning import cleaned
from training.accuracy_page import write_part
from training.ct.inputs import NETWORKS, PITCH_MM, Case, Network
from training.ct.phantom_cases import axial_case, sagittal_case
from training.ct.plans import plans_of
from training.ct.weights import put_weights
from training.phantoms.held_out import draw_held_out_phantom
from training.phantoms.render import Phantom, draw_phantom
from training.phantoms.second.scene import draw_second_phantom
from training.phantoms.tissues import Compartment, Level

FIRST_SEED = 10_000_000
"""Far from those of training."""
SETS: dict[str, Callable[[int], Phantom]] = {
    "same renderer, unseen": draw_phantom,
    "other ranges": draw_held_out_phantom,
    "second renderer": draw_second_phantom,
}
REAL = "real"
BUNDLED = Path(__file__).resolve().parents[2] / "models"
AIMS = {"right level": "0.99", "anchored": "0.99", "Dice": "0.95", "area error": "0.02"}
"""By how the name of a score ends."""


def cases(network: str, draw: Callable[[int], Phantom], count: int, *, trunk: bool = False) -> Iterator[Case]:
    """Images of a set. Those of `locate` all show L3; those of `measure` go through it, unless by `trunk`."""
    seed, found = FIRST_SEED, 0
    while found < count:
        phantom, rng = draw(seed), np.random.default_rng([seed, 30])
        case = (
            sagittal_case(phantom, rng) if network == "locate" else axial_case(phantom, rng, at_l3=not trunk)
        )
        seed += 1
        if network == "locate" and (case.truth == Level.L3).sum() * PITCH_MM**2 < 500:
            continue
        found += 1
        yield case


class Predictor:
    """The network of a checkpoint, on whole images; the label of each pixel."""

    def __init__(self, network: Network, checkpoint: Path) -> None:
        import torch
        from nnunetv2.utilities.get_network_from_plans import get_network_from_plans

        arch = plans_of(network)["configurations"]["2d"]["architecture"]
        self._network = network
        self._torch = torch
        self._model = get_network_from_plans(
            arch["network_class_name"],
            arch["arch_kwargs"],
            arch["_kw_requires_import"],
            len(network.channels),
            len(network.labels),
            deep_supervision=False,
        )
        put_weights(self._model, checkpoint)
        self._model.eval()

    def label(self, image: np.ndarray) -> np.ndarray:
        """The label of each pixel, uint8 (rows, columns). image: (channels, rows, columns) in HU."""
        labels: np.ndarray = self.logits(image).argmax(0)
        return labels.astype(np.uint8)

    def logits(self, image: np.ndarray) -> np.ndarray:
        """One for each label, float32 (labels, rows, columns).

        The image is padded with the middle of the window as nnU-Net pads, and seen in one pass.
        """
        low, high = self._network.window
        seen = (np.clip(image, low, high) - (low + high) / 2) / ((high - low) / 4)
        stride = 2 ** (len(self._network.features) - 1)
        shape = image.shape[1:]
        sides = [
            max(patch, -(-side // stride) * stride)
            for side, patch in zip(shape, self._network.patch, strict=True)
        ]
        first = [(side - had) // 2 for side, had in zip(sides, shape, strict=True)]
        padded = np.zeros((len(image), *sides), np.float32)
        padded[:, first[0] : first[0] + shape[0], first[1] : first[1] + shape[1]] = seen
        with self._torch.inference_mode():
            logits = self._model(self._torch.from_numpy(padded)[None])[0].numpy()
        inside: np.ndarray = logits[:, first[0] : first[0] + shape[0], first[1] : first[1] + shape[1]]
        return inside


def dice(found: np.ndarray, truth: np.ndarray) -> float:
    """Overlap of two masks; 1 where both are empty."""
    total = int(found.sum() + truth.sum())
    return 2.0 * int((found & truth).sum()) / total if total else 1.0


def right_level(found: np.ndarray, truth: np.ndarray) -> bool:
    """Whether the middle of what was called L3 lies within the true L3's height."""
    rows, here = np.argwhere(truth == Level.L3)[:, 0], np.argwhere(found == Level.L3)
    return len(here) > 0 and bool(rows.min() <= np.median(here[:, 0]) <= rows.max())


def anchored(truth: np.ndarray) -> bool:
    """Whether the levels can be counted: the sacrum or the last vertebra with ribs is in view.

    By as much of them as the service asks for (bodies.py, judging.py); without, it asks a person.
    """
    return any(
        (truth == level).sum() * PITCH_MM**2 >= least
        for level, least in ((Level.SACRUM, 300.0), (Level.T12, 150.0))
    )


def score_locate(pairs: list[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> dict[str, float]:
    """The share at the right level, of all and of anchored images; Dice of L3, of all and where right."""
    right = [right_level(found, truth) for found, truth, _ in pairs]
    overlap = [dice(found == Level.L3, truth == Level.L3) for found, truth, _ in pairs]
    at_level = [value for value, ok in zip(overlap, right, strict=True) if ok]
    countable = [ok for ok, (_, truth, _) in zip(right, pairs, strict=True) if anchored(truth)]
    return {
        "right level": float(np.mean(right)),
        "anchored": float(np.mean(countable)) if countable else 0.0,
        "L3 Dice": float(np.mean(overlap)),
        "where right": float(np.mean(at_level or [0])),
    }


def score_measure(pairs: list[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> dict[str, float]:
    """Mean Dice and median error of area of what is measured: compartments with the windows of tissues."""
    windows = {
        "muscle": ((Compartment.WALL_MUSCLE, Compartment.PSOAS), -29, 150),
        "psoas": ((Compartment.PSOAS,), -29, 150),
        "visceral fat": ((Compartment.CAVITY,), -150, -50),
        "subcutaneous fat": ((Compartment.SUBCUTANEOUS,), -190, -30),
    }
    scores = {}
    for name, (members, low, high) in windows.items():
        overlaps, errors = [], []
        for found, truth, image in pairs:
            tissue = (image[0] >= low) & (image[0] <= high)
            here, there = np.isin(found, members) & tissue, np.isin(truth, members) & tissue
            if there.sum() * PITCH_MM**2 < 100:
                continue
            overlaps.append(dice(here, there))
            errors.append(abs(int(here.sum()) - int(there.sum())) / int(there.sum()))
        if overlaps:
            scores[f"{name} Dice"] = float(np.mean(overlaps))
            scores[f"{name} area error"] = float(np.median(errors))
    return scores


def measured(
    network: str, checkpoint: Path, name: str, images: int, data: Path | None = None, *, trunk: bool = False
) -> dict[str, float]:
    """The scores of a checkpoint on a set of SETS, or on `real` CT, which lies in `data`.

    What `measure` answers is cleaned as the service does it. trunk: see `cases`.
    """
    predictor = Predictor(NETWORKS[network], checkpoint)
    score = score_locate if network == "locate" else score_measure
    if name == REAL:
        from training.ct.real_cases import RealCases

        if data is None:
            raise ValueError("the real CT lies outside of the repository; say where")
        drawn = RealCases(data).plain(network)
    else:
        drawn = cases(network, SETS[name], images, trunk=trunk)

    def label(image: np.ndarray) -> np.ndarray:
        found = predictor.label(image)
        return found if network == "locate" else cleaned(found, PITCH_MM**2)

    pairs = [(label(case.image), case.truth, case.image) for case in drawn]
    return {"images": float(len(pairs)), **score(pairs)}


def main() -> None:
    """Print the scores."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("network", choices=sorted(NETWORKS))
    parser.add_argument("--checkpoint", type=Path, help="of a training; the bundled weights unless given")
    parser.add_argument("--images", type=int, default=100, help="of each set")
    parser.add_argument("--sets", nargs="*", choices=[*SETS, REAL], default=[*SETS])
    parser.add_argument("--data", type=Path, default=Path("../shared/data/ct"), help="the real CT")
    parser.add_argument("--trunk", action="store_true", help="slices from S1 to T11, not of L3 alone")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="the page to write the table into")
    arguments = parser.parse_args()
    scores = {
        name: measured(
            arguments.network,
            arguments.checkpoint or BUNDLED / f"ct-l3-{arguments.network}" / "official.safetensors",
            name,
            arguments.images,
            arguments.data,
            trunk=arguments.trunk,
        )
        for name in arguments.sets
    }
    text = table(scores)
    print(text)
    if arguments.write:
        write_part(arguments.write, f"ct-l3-{arguments.network} on phantoms", text)


def table(scores: Mapping[str, Mapping[str, float]]) -> str:
    """Markdown: a row a score, a column a set, and what is lost from the first set to the last."""
    sets = list(scores)
    first, last = sets[0], sets[-1]
    lines = [f"| | aim, at least | {' | '.join(sets)} | drop |", "|---" * (len(sets) + 3) + "|"]
    for what in scores[first]:
        values = [scores[name].get(what, float("nan")) for name in sets]
        digits = 0 if what == "images" else 3
        aim = next((aim for ending, aim in AIMS.items() if what.endswith(ending)), "")
        drop = f"{values[0] - values[-1]:+.3f}" if digits and first != last else ""
        lines.append(f"| {what} | {aim} | {' | '.join(f'{one:.{digits}f}' for one in values)} | {drop} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
