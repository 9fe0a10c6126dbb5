"""A phantom written as DICOM is read back as what was drawn."""

from pathlib import Path

import numpy as np
import pydicom
import pytest

from training.phantoms.dicom import write_study
from training.phantoms.render import Phantom, draw_phantom
from training.phantoms.scan import degrade, draw_scan
from training.phantoms.second.scene import draw_second_phantom
from training.phantoms.volume import Grid, draw_slices

GRID = Grid(rows=40, pixel_mm=11.0, step_mm=7.5, low=-15.0, high=15.0, samples=1)


@pytest.fixture(scope="module", params=[draw_phantom, draw_second_phantom])
def phantom(request: pytest.FixtureRequest) -> Phantom:
    drawn: Phantom = request.param(3)
    return drawn


def test_the_pixels_and_their_places_survive(phantom: Phantom, tmp_path: Path) -> None:
    paths = write_study(tmp_path, phantom, GRID)
    drawn = list(draw_slices(phantom, GRID))
    assert len(paths) == len(drawn) == 5
    for path, one in zip(paths, drawn, strict=True):
        ds = pydicom.dcmread(path)
        hu = ds.pixel_array * float(ds.RescaleSlope) + float(ds.RescaleIntercept)
        assert np.array_equal(hu, one.hu)
        assert float(ds.ImagePositionPatient[2]) == one.z
        assert list(ds.PixelSpacing) == [11.0, 11.0]


def test_every_instance_has_names_of_its_own_and_the_series_one(phantom: Phantom, tmp_path: Path) -> None:
    files = [pydicom.dcmread(path, stop_before_pixels=True) for path in write_study(tmp_path, phantom, GRID)]
    assert len({str(ds.SOPInstanceUID) for ds in files}) == len(files)
    assert len({(str(ds.StudyInstanceUID), str(ds.SeriesInstanceUID)) for ds in files}) == 1
    assert sorted(ds.InstanceNumber for ds in files) == [1, 2, 3, 4, 5]


def test_feet_first_numbers_the_same_slices_from_the_other_end(tmp_path: Path) -> None:
    phantom = draw_phantom(3)
    head, feet = (
        [pydicom.dcmread(path) for path in write_study(tmp_path / name, phantom, GRID, feet_first=flag)]
        for name, flag in (("head", False), ("feet", True))
    )
    assert [ds.PixelData for ds in head] == [ds.PixelData for ds in feet]
    assert [ds.InstanceNumber for ds in head] == [ds.InstanceNumber for ds in feet][::-1]


def test_outside_of_the_field_of_view_is_padding_without_truth() -> None:
    phantom = draw_phantom(3)
    one = next(draw_slices(phantom, GRID))
    assert one.hu[0, 0] == -1024
    assert one.tissue[0, 0] == one.level[0, 0] == 0


def test_noise_is_as_loud_as_the_scan_says_and_only_in_the_patient() -> None:
    scan = draw_scan(1)
    loud = degrade(np.zeros((128, 128)), (1.0, 1.0), scan, np.random.default_rng(0))
    air = degrade(np.full((128, 128), -1000.0), (1.0, 1.0), scan, np.random.default_rng(0))
    expected = np.hypot(scan.noise_hu * 1.15, scan.streaks)
    assert loud[32:96, 32:96].std() == pytest.approx(expected, rel=0.3)
    assert air.std() < 0.4 * loud.std()
