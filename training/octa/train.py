"""Trains the octa-vessels network: python -m training.octa.train --out checkpoints/octa

The loss is taken at the images' own 320 x 320, after bringing the logits up from 256 x 256: the
network learns to place an edge between two of its own pixels. Every epoch draws its images and their
changes from (seed, epoch), so a resumed run sees what an unbroken one would have seen.
"""

import argparse
import copy
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional

from services.segmentation.octa.layout import symmetric_layout
from services.segmentation.octa.transform import INPUT_SIDE, to_network_input
from services.segmentation.octa.unet import UNet
from services.segmentation.octa.weights import load_weights
from training.octa.augment import augment
from training.octa.data import DEFAULT_ROOT, LabelledImage, load_split
from training.octa.score import mean_dice, micro_dice, score_network

LAYOUT = symmetric_layout((16, 48, 96, 160), (256, 160))
"""2.1 million parameters; the finest level is narrow because it takes most of the time."""

CROPS_PER_IMAGE = 2


@dataclass(frozen=True)
class Plan:
    """What fixes a run. The rate warms up, stays, and falls linearly to 0 over the last epochs."""

    seed: int
    epochs: int
    falling_epochs: int
    images_per_epoch: int
    crop: int
    """Side of the squares that are cut from the network's input; a multiple of 16. Vessels are local:
    a quarter of the pixels gives four times the steps in the same time."""
    falling_crop: int
    batch: int
    """Crops a step; two of each drawn image."""
    rate: float
    manual_share: float
    """Share of hand-drawn truth among the drawn images while the rate stays; `val` is hand-drawn."""
    falling_manual_share: float
    ema_decay: float
    score_every: int
    """Epochs between two looks at `val`; each of the last four is scored."""

    def rate_at(self, epoch: float) -> float:
        """Learning rate at a fractional epoch, counted from 0."""
        warm = min(1.0, epoch + 0.02)
        return self.rate * warm * max(0.0, min(1.0, (self.epochs - epoch) / self.falling_epochs))

    def is_falling(self, epoch: int) -> bool:
        """Whether the rate falls in this epoch, counted from 0."""
        return epoch >= self.epochs - self.falling_epochs

    def share_at(self, epoch: int) -> float:
        """Share of hand-drawn truth in an epoch."""
        return self.falling_manual_share if self.is_falling(epoch) else self.manual_share

    def crop_at(self, epoch: int) -> int:
        """Side of the crops in an epoch."""
        return self.falling_crop if self.is_falling(epoch) else self.crop


@dataclass
class Run:
    """The state of a run, all that a checkpoint keeps."""

    network: UNet
    average: UNet
    """Exponential moving average of the weights; the one that is measured and shipped."""
    optimizer: torch.optim.Optimizer
    epoch: int = 0
    step: int = 0
    best: float = 0.0

    def save(self, path: Path) -> None:
        """Atomic, so that a run killed while saving resumes from the checkpoint before."""
        state = {name: getattr(self, name) for name in ("epoch", "step", "best")}
        for name in ("network", "average", "optimizer"):
            state[name] = getattr(self, name).state_dict()
        torch.save(state, path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)

    def restore(self, path: Path) -> None:
        """Takes up what save wrote."""
        state = torch.load(path, weights_only=True)
        for name in ("network", "average", "optimizer"):
            getattr(self, name).load_state_dict(state[name])
        self.epoch, self.step, self.best = state["epoch"], state["step"], state["best"]


def start(plan: Plan) -> Run:
    """A fresh run with the plan's seed."""
    torch.manual_seed(plan.seed)
    network = UNet(LAYOUT).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = copy.deepcopy(network).eval().requires_grad_(False)
    return Run(network, average, torch.optim.AdamW(network.parameters(), lr=plan.rate, weight_decay=0.02))


def vessel_loss(logits: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """Cross entropy plus one minus the soft Dice of each image.

    logits: (batch, 1, rows, columns). truth: float 0 or 1, the same field at the images' own pitch.
    """
    full = functional.interpolate(logits.float(), size=truth.shape[-2:], mode="bilinear", align_corners=False)
    entropy = functional.binary_cross_entropy_with_logits(full, truth)
    found = torch.sigmoid(full)
    shared, total = (found * truth).sum((1, 2, 3)), (found + truth).sum((1, 2, 3))
    return entropy + (1 - (2 * shared + 1) / (total + 1)).mean()


def draw(
    plan: Plan, epoch: int, manual: list[LabelledImage], sam: list[LabelledImage], rng: np.random.Generator
) -> list[LabelledImage]:
    """The images of one epoch, shuffled; none twice before every other one of its kind came once."""
    wanted = round(plan.images_per_epoch * plan.share_at(epoch))
    drawn = _cycled(manual, wanted, rng) + _cycled(sam, plan.images_per_epoch - wanted, rng)
    return [drawn[index] for index in rng.permutation(len(drawn))]


def _cycled(images: list[LabelledImage], count: int, rng: np.random.Generator) -> list[LabelledImage]:
    rounds = range(-(-count // len(images)))
    order = [int(index) for _ in rounds for index in rng.permutation(len(images))]
    return [images[index] for index in order[:count]]


def batch_tensors(
    images: list[LabelledImage], crop: int, rng: np.random.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Two crops of each augmented image: inputs (batch, 1, crop, crop), truths at the images' pitch."""
    inputs, truths = [], []
    for image in images:
        grey, truth = augment(image.grey, image.truth, rng)
        for _ in range(CROPS_PER_IMAGE):
            cut, cut_truth = _cropped(to_network_input(grey)[0, 0], truth, crop, rng)
            inputs.append(cut)
            truths.append(cut_truth)
    stacked = torch.from_numpy(np.stack(inputs)[:, np.newaxis]).to(memory_format=torch.channels_last)
    return stacked, torch.from_numpy(np.stack(truths)[:, np.newaxis].astype(np.float32) / 255.0)


def _cropped(
    inputs: np.ndarray, truth: np.ndarray, crop: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """The same square of both. Offsets are multiples of 4 pixels of 256, which are 5 of 320."""
    ratio = len(truth) / INPUT_SIDE
    top, left = (4 * int(rng.integers((INPUT_SIDE - crop) // 4 + 1)) for _ in range(2))
    rows, columns, side = round(top * ratio), round(left * ratio), round(crop * ratio)
    return inputs[top : top + crop, left : left + crop], truth[rows : rows + side, columns : columns + side]


def train_epoch(run: Run, plan: Plan, manual: list[LabelledImage], sam: list[LabelledImage]) -> float:
    """Trains for one epoch and returns its mean loss."""
    rng = np.random.default_rng([plan.seed, run.epoch])
    images = draw(plan, run.epoch, manual, sam, rng)
    per_step = plan.batch // CROPS_PER_IMAGE
    starts = range(0, len(images) - per_step + 1, per_step)
    losses = []
    run.network.train()
    for done, first in enumerate(starts):
        for group in run.optimizer.param_groups:
            group["lr"] = plan.rate_at(run.epoch + done / len(starts))
        inputs, truths = batch_tensors(images[first : first + per_step], plan.crop_at(run.epoch), rng)
        # bf16 on a CPU with AMX takes about half the time of float32; the parameters stay float32.
        with torch.autocast("cpu", torch.bfloat16):
            logits = run.network(inputs)
        loss = vessel_loss(logits, truths)
        run.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(run.network.parameters(), 1.0)
        run.optimizer.step()
        run.step += 1
        follow(run, min(plan.ema_decay, (1 + run.step) / (10 + run.step)))
        losses.append(float(loss.detach()))
    run.epoch += 1
    return float(np.mean(losses))


def follow(run: Run, decay: float) -> None:
    """Moves the average, batch statistics included, towards the network."""
    averaged = run.average.state_dict()
    for name, value in run.network.state_dict().items():
        if value.is_floating_point():
            averaged[name].lerp_(value, 1 - decay)


def train(plan: Plan, data: Path, out: Path, resume: bool, weights: Path | None) -> None:
    """Runs the plan; out gets checkpoint.pt every epoch and best.safetensors on a better `val`.

    weights: to start from instead of chance, of the same layout.
    """
    out.mkdir(parents=True, exist_ok=True)
    run = start(plan)
    if weights is not None:
        state = load_weights(weights)[0].state_dict()
        run.network.load_state_dict(state)
        run.average.load_state_dict(state)
    if resume:
        run.restore(out / "checkpoint.pt")
    manual, sam, val = (load_split(data, split) for split in ("train_manual", "train_sam", "val"))
    while run.epoch < plan.epochs:
        began = time.monotonic()
        loss = train_epoch(run, plan, manual, sam)
        line = f"epoch {run.epoch}/{plan.epochs}  loss {loss:.4f}"
        if run.epoch % plan.score_every == 0 or run.epoch > plan.epochs - 4:
            line += "  " + choose(run, val, out / "best.safetensors")
        run.save(out / "checkpoint.pt")
        print(f"{line}  {time.monotonic() - began:.0f} s", flush=True)


def choose(run: Run, val: list[LabelledImage], best: Path) -> str:
    """Scores the average on val, keeps it in best where it is the best so far, and says the figures."""
    scores = score_network(run.average, val)
    if mean_dice(scores) > run.best:
        run.best = mean_dice(scores)
        save_file({name: value.contiguous() for name, value in run.average.state_dict().items()}, best)
    return f"val Dice mean {mean_dice(scores):.4f}  micro {micro_dice(scores):.4f}  best {run.best:.4f}"


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=DEFAULT_ROOT)
    parser.add_argument("--out", type=Path, default=Path("checkpoints/octa"))
    parser.add_argument("--weights", type=Path, help="start from these")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in --out")
    # On a machine shared with others two threads wait for each other: measured ten times slower than one.
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=20261121)
    parser.add_argument("--epochs", type=int, default=44)
    parser.add_argument("--falling-epochs", type=int, default=16)
    parser.add_argument("--images-per-epoch", type=int, default=360)
    parser.add_argument("--crop", type=int, default=128)
    parser.add_argument("--falling-crop", type=int, default=128)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rate", type=float, default=1.5e-3)
    parser.add_argument("--manual-share", type=float, default=0.5)
    parser.add_argument("--falling-manual-share", type=float, default=0.8)
    parser.add_argument("--ema-decay", type=float, default=0.998)
    parser.add_argument("--score-every", type=int, default=6)
    options = vars(parser.parse_args())
    torch.set_num_threads(options.pop("threads"))
    data, out, resume, weights = (options.pop(name) for name in ("data", "out", "resume", "weights"))
    train(Plan(**options), data, out, resume, weights)


if __name__ == "__main__":
    main()
