"""What a GPU without room does not take goes to the CPU, and people are told: tried without a GPU."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from services.segmentation.nnunet.course import Course
from services.segmentation.nnunet.devices import Placement
from services.segmentation.nnunet.layout import Description
from services.segmentation.nnunet.predictor import NnunetNetwork, PredictOptions, open_network
from services.segmentation.nnunet.sliding import Slab
from services.segmentation.nnunet.tiles import Tiles
from services.segmentation.nnunet.trained import serve_trained
from tests.support.nnunet.images import blobs
from tests.support.nnunet.recipes import Recipe, plain_labels
from tests.support.nnunet.trained_folders import write_trained

FLAT = Recipe("2d", (16, 16), (1.0, 1.0), plain_labels(3), features=(4, 4))
SPACING = (3.0, 1.0, 1.0)
ONCE = PredictOptions(mirroring=False)


@pytest.mark.parametrize("room", ["nothing", "sums"], ids=["no room at all", "no room for the sums"])
def test_a_full_gpu_leaves_the_rest_to_the_cpu_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: str
) -> None:
    trained = write_trained(tmp_path / "results", FLAT)
    served = serve_trained(trained, tmp_path / "served", Description("made-up", "X"))
    network = open_network(served.folder, device="cpu")
    image = blobs((2, 20, 16))
    wanted = network.predict(image, SPACING, ONCE, lambda _: None, lambda: False).labels
    real, gpu, cpu = NnunetNetwork._slabs, torch.device("cuda:0"), torch.device("cpu")

    def crowded(
        self: NnunetNetwork, last: Any, options: PredictOptions, place: Placement, course: Course
    ) -> Iterator[Slab]:
        """As on a GPU that is full after its first tile."""
        full = place.sums == gpu if room == "sums" else place.network == gpu
        for slab in real(self, last, options, Placement(cpu, cpu, place.message), course):
            if full:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
            yield slab

    monkeypatch.setattr(NnunetNetwork, "_slabs", crowded)
    monkeypatch.setattr(network, "_device", gpu)
    heard: list[Tiles] = []
    found = network.predict(image, SPACING, ONCE, heard.append, lambda: False)
    assert np.array_equal(found.labels, wanted)
    assert found.message == heard[-1].message != ""
    device, said = {
        "sums": ("cuda:0", "sums of this image: they are kept by the CPU"),
        "nothing": ("cpu", "the CPU predicts it, which is much slower"),
    }[room]
    assert found.device == device
    assert said in found.message
    # Each try counts from its own start.
    assert heard[-1].done == heard[-1].total == found.tiles
