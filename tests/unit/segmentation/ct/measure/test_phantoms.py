"""On phantoms, with their truth in the place of the network, areas are those of the truth.

What is left is the network's pitch: where its outline is half a pixel beside the edge of muscle, what lies
between is neither muscle nor fat.
"""

from dataclasses import dataclass

import numpy as np
import pytest

from services.segmentation.ct.measure import L3Extent, MeasureOptions, Network, Tissue, measure_l3
from services.segmentation.ct.measure.plane import framing_of
from services.segmentation.ct.measure.tissues import COMPARTMENTS, Windows
from services.segmentation.ct.reading import Geometry
from tests.support.ct.torso import held_image, one_hot
from training.phantoms.render import Phantom, draw_phantom, pose_of
from training.phantoms.tissues import compartments_of
from training.phantoms.volume import Grid, draw_slices

ROWS = 400


@dataclass(frozen=True)
class Drawn:
    """One slice through the middle of L3: hu int16 and compartments uint8, (rows, columns)."""

    phantom: Phantom
    hu: np.ndarray
    truth: np.ndarray
    geometry: Geometry

    def network(self) -> Network:
        """Answers with the phantom's compartments at the network's own pixels."""
        framing = framing_of(self.hu, self.geometry)
        assert framing is not None
        x, y = np.meshgrid(framing.to_columns.places(), framing.to_rows.places())
        points = np.stack([x, y, np.zeros_like(x)], 2).reshape(-1, 3) @ pose_of(self.phantom.scan)
        tissue = self.phantom.scene.sample(points.astype(np.float32)).tissue
        answer = one_hot(compartments_of(tissue).reshape(x.shape))[:, np.newaxis]
        return lambda image: answer


def drawn(seed: int) -> Drawn:
    """The phantom of this seed."""
    phantom = draw_phantom(seed)
    pixel = phantom.scan.field_mm / ROWS
    grid = Grid(ROWS, pixel, 3.0, 0.0, 0.0)
    one = next(iter(draw_slices(phantom, grid)))
    x, y = grid.corner(phantom)
    axes = ((0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0))
    geometry = Geometry((1, ROWS, ROWS), (3.0, pixel, pixel), axes, (x, y, 0.0))
    return Drawn(phantom, one.hu, compartments_of(one.tissue), geometry)


@pytest.mark.parametrize("seed", [3, 8, 21, 34])
def test_areas_are_those_of_the_truth(seed: int) -> None:
    phantom = drawn(seed)
    measurement, _ = measure_l3(
        held_image(phantom.hu[np.newaxis], phantom.geometry),
        L3Extent(-14.0, 14.0, (0.0, 0.0, 0.0)),
        phantom.network(),
        MeasureOptions(exclude_bowel_content=False),
    )
    windows = Windows()
    for tissue in (Tissue.SKELETAL_MUSCLE, Tissue.SUBCUTANEOUS_FAT, Tissue.VISCERAL_FAT, Tissue.PSOAS):
        there = np.isin(phantom.truth, COMPARTMENTS[tissue]) & windows.of(tissue).holds(phantom.hu)
        found = measurement.headline.tissues[tissue].pixels
        assert found == pytest.approx(int(there.sum()), rel=0.025), tissue
