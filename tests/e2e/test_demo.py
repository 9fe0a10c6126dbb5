"""`python -m radmesh.demo`, as `make demo` runs it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from services.segmentation.ct.pipeline import is_served
from tests.support.command import PATIENCE
from tests.support.ct.models import BUNDLED
from tests.support.processes import descendants, interruptible, is_alive, wait_until
from tests.support.readme import commands, missing
from tests.support.terminal import Terminal

DEMO = [sys.executable, "-m", "radmesh.demo"]


@pytest.mark.timeout(300)
def test_it_prints_what_the_readme_shows_and_leaves_pictures_a_result_and_no_process(tmp_path: Path) -> None:
    demo = Terminal(DEMO, tmp_path)
    wait_until(lambda: len(descendants(demo.process.pid)) >= 4, PATIENCE)
    started = descendants(demo.process.pid)
    code = demo.wait(2 * PATIENCE)
    printed, out = demo.shown(), tmp_path / "demo-out"
    assert code == 0, printed
    promised = dict(commands())["make demo"]
    if not is_served(BUNDLED):
        promised = promised[: next(at for at, line in enumerate(promised) if "awaits a review" in line)]
    assert not missing(promised, printed), printed
    result = json.loads((out / "result.json").read_text())
    mask = np.asarray(Image.open(out / "mask.png"))
    sample = np.asarray(Image.open(out / "sample.png"))
    assert mask.shape == sample.shape
    assert set(np.unique(mask)) == {0, 255}
    assert abs((mask == 255).mean() - result["vessel_area_fraction"]) < 1e-6
    assert 0.02 < result["vessel_area_fraction"] < 0.6
    assert (out / "overlay.png").is_file()
    if is_served(BUNDLED):
        with Image.open(out / "ct-l3" / "overlay_combined.png") as picture:
            assert picture.width == 900
        level = json.loads((out / "ct-l3" / "result.json").read_text())["headline"]["z_mm"]
        assert abs(level) <= 4
    else:
        assert "ct-l3 is not served" in printed
    wait_until(lambda: not any(is_alive(pid) for pid in started))


def test_ctrl_c_stops_everything_that_it_started_in_any_locale(tmp_path: Path) -> None:
    with interruptible():
        demo = subprocess.Popen(
            [*DEMO, "--out", str(tmp_path)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONIOENCODING": "ascii"},
        )
    wait_until(lambda: len(descendants(demo.pid)) >= 3, PATIENCE)
    demo.send_signal(signal.SIGINT)
    started = descendants(demo.pid)
    _, complaint = demo.communicate(timeout=PATIENCE)
    assert demo.returncode == 130
    assert "nothing is left" in complaint
    wait_until(lambda: not any(is_alive(pid) for pid in started))
