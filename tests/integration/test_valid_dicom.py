"""The studies that Radmesh draws are DICOM as David Clunie's dciodvfy checks it, each one study."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from radmesh.samples.ct import write_study as write_sample
from tests.support.tools import debian_tool
from training.phantoms.dicom import write_study
from training.phantoms.render import draw_phantom
from training.phantoms.second.scene import draw_second_phantom
from training.phantoms.volume import Grid

GRID = Grid(rows=40, pixel_mm=11.0, step_mm=7.5, low=-15.0, high=15.0, samples=1)


@pytest.mark.parametrize(
    "write",
    [
        write_sample,
        lambda folder: write_study(folder, draw_phantom(3), GRID),
        lambda folder: write_study(folder, draw_second_phantom(3), GRID, feet_first=True),
    ],
    ids=["sample", "phantom", "second renderer"],
)
def test_it_is_valid(write: Callable[[Path], list[Path]], tmp_path: Path) -> None:
    files = [str(path) for path in write(tmp_path / "study")]
    for command in (
        [debian_tool("dciodvfy", "dicom3tools"), files[0]],
        ["dciodvfy", files[-1]],
        ["dcentvfy", *files],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "Error" not in done.stderr
