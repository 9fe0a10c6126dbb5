"""The networks of a model by configuration and fold: read from its file at first use, then kept."""

from collections.abc import Callable, Sequence

import torch

from services.chassis.models import BrokenModelError, WeightsFile
from services.segmentation.nnunet.architecture import build_network, fill
from services.segmentation.nnunet.refusals import FoldNotFoundError
from services.segmentation.nnunet.stage import Stage
from services.segmentation.nnunet.tuned import Function, Runnable, tuned
from services.segmentation.nnunet.weights_file import read_fold, stored_folds


class Networks:
    """The networks in one file of weights."""

    def __init__(self, weights: WeightsFile) -> None:
        """Raises BrokenModelError when the file cannot be read."""
        self._weights = weights
        self._folds = stored_folds(weights.path)
        self._loaded: dict[tuple[str, str, str, bool], Runnable] = {}
        self.between_layers: Callable[[], None] = _nothing
        """Called before each layer of a network that runs; what it raises ends the run."""

    def check(self, stage: Stage) -> None:
        """Raises BrokenModelError that names the folds which the manifest has and the file has not."""
        missing = [fold for fold in stage.trained.folds if fold not in self._folds.get(stage.name, ())]
        if missing or not stage.trained.folds:
            named = ", ".join(missing) or "all"
            raise BrokenModelError(f"{self._weights.path.name} lacks the folds {named} of {stage.name}")

    def folds(self, stage: Stage, wanted: Sequence[str]) -> tuple[str, ...]:
        """The folds to take: those wanted, all when none are. Raises FoldNotFoundError."""
        for fold in wanted:
            if fold not in stage.trained.folds:
                raise FoldNotFoundError(
                    f"{stage.name} of {self._weights.name} has no fold {fold[:20]}; it has "
                    f"{', '.join(stage.trained.folds)}",
                    metadata={"fold": fold[:20]},
                )
        return tuple(wanted) or stage.trained.folds

    def network(self, stage: Stage, fold: str, device: torch.device, *, exact: bool = False) -> Runnable:
        """A network on a device, ready to run. Raises BrokenModelError, UnsupportedModelError.

        exact: with nnU-Net's own operations, whose sums come out to the last digit as there; slower on a CPU.
        """
        key = (stage.name, fold, str(device), exact)
        if key not in self._loaded:
            network = build_network(stage)
            stored = read_fold(self._weights.path, stage.name, fold)
            fill(network, stored, f"fold {fold} of {stage.name} in {self._weights.path.name}")
            if device.type == "cpu" and exact:
                self._loaded[key] = Runnable(network)
            elif device.type == "cpu":
                self._loaded[key] = tuned(network, len(stage.patch))
            else:
                self._loaded[key] = Runnable(_mixed(network.to(device), device))
            for layer in network.modules():
                if not layer._modules:
                    layer.register_forward_pre_hook(lambda *_: self.between_layers())
        return self._loaded[key]


def _nothing() -> None:
    """Between layers, as long as nobody waits there."""


def _mixed(network: torch.nn.Module, device: torch.device) -> Function:
    """In mixed precision, as nnU-Net runs on CUDA."""

    def run(tile: torch.Tensor) -> torch.Tensor:
        with torch.autocast(device.type):
            found: torch.Tensor = network(tile)
            return found

    return run
