"""The two networks of ct-l3 as its stages call them: loaded once, cancelled between tiles, timed."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from radmesh.errors import WeightsNotFoundError
from radmesh.segmentation.v1.ct_l3_pb2 import CtModel
from services.segmentation.nnunet.predictor import NnunetNetwork, PredictOptions, open_network
from services.segmentation.nnunet.tiles import Tiles

_SPACING_MM = (1.0, 1.5, 1.5)
"""Both see single planes of 1.5 mm pixels (training/ct/inputs.py)."""

_OPTIONS = PredictOptions(mirroring=False)
_LEAST = 1e-6


class PartNetwork:
    """One of the networks during one run. part: `locate` or `measure`. seconds: that it has worked."""

    def __init__(self, part: str, network: NnunetNetwork, cancelled: Callable[[], bool]) -> None:
        self.part = part
        self.seconds = 0.0
        self._network = network
        self._cancelled = cancelled

    def probabilities(self, image: np.ndarray) -> np.ndarray:
        """Of each class: from float32 (channels, rows, columns) in HU to float32 (classes, rows, columns)."""
        started = time.monotonic()
        found = self._network.probabilities(
            np.ascontiguousarray(image[:, np.newaxis]), _SPACING_MM, _OPTIONS, _untold, self._cancelled
        )
        self.seconds += time.monotonic() - started
        return found[:, 0]

    def scores(self, image: np.ndarray) -> np.ndarray:
        """Logarithms of probabilities: from (1, 1, rows, columns) to (classes, 1, rows, columns)."""
        found = self.probabilities(image[:, 0])
        scores: np.ndarray = np.log(np.maximum(found, _LEAST))[:, np.newaxis]
        return scores

    def message(self) -> CtModel:
        """Which model and weights it is."""
        weights = self._network.weights
        return CtModel(
            part=self.part,
            model=self._network.manifest.model.name,
            weights=weights.name,
            weights_digest=weights.digest,
        )


class Networks:
    """Both networks, each with its default weights unless a task asks for others."""

    def __init__(self, locate: Path, measure: Path, device: str) -> None:
        """locate, measure: the models' folders. Raises BrokenModelError, UnsupportedModelError."""
        self._device = device
        self._folders = {"locate": locate, "measure": measure}
        self._opened = {
            (part, ""): open_network(folder, "", device) for part, folder in self._folders.items()
        }
        self.demonstrator = any(one.manifest.model.demonstrator for one in self._opened.values())

    @property
    def device(self) -> str:
        """Where they run."""
        return self._opened["measure", ""].device

    def part(self, part: str, weights: str, digest: str, cancelled: Callable[[], bool]) -> PartNetwork:
        """A network for one run. weights, digest: those of the task, which are of one of the two models.

        Raises WeightsNotFoundError when this worker has others under that name.
        """
        usual = self._opened[part, ""]
        if not weights.startswith(f"{usual.manifest.model.name}/"):
            return PartNetwork(part, usual, cancelled)
        found = usual.manifest.model.find_weights(weights)
        if digest and digest != found.digest:
            raise WeightsNotFoundError(
                f"the task was created for {weights} of digest {digest}, but this worker has {found.digest}; "
                "create the task again"
            )
        if found.name == usual.weights.name:
            return PartNetwork(part, usual, cancelled)
        if (part, found.name) not in self._opened:
            self._opened[part, found.name] = open_network(self._folders[part], found.name, self._device)
        return PartNetwork(part, self._opened[part, found.name], cancelled)


def _untold(tiles: Tiles) -> None:
    """Slices and windows are told of; a tile of one takes a tenth of a second."""
