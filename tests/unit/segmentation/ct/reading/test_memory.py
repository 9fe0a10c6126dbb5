"""However many slices there are, memory is that of one, or of those that the caller asked for."""

import os
import resource
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nibabel as untyped_nibabel
import numpy as np
import pytest
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian, JPEGLSLossless

from services.segmentation.ct.reading import CtLimits, open_ct
from tests.support.ct.archives import tar_gzipped, tarred, zipped
from tests.support.ct.encoding import file_bytes
from tests.support.ct.enhanced import enhanced_ct
from tests.support.ct.series import ct_series

nibabel: Any = untyped_nibabel

SIDE, SLICES = 256, 96
HU = np.repeat(np.arange(SLICES, dtype=np.int16), SIDE * SIDE).reshape(SLICES, SIDE, SIDE)

Pack = Callable[[list[bytes]], bytes]


@contextmanager
def at_most(megabytes: float) -> Generator[None, None, None]:
    """Fails when more memory is taken at a time; all slices together have 12.6."""
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()
    assert peak < megabytes


@pytest.fixture(
    params=["zip", "tar", "tar.gz", "deflated", "jpeg-ls", "multi-frame", "multi-frame zip", "nifti"]
)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    packs: dict[str, tuple[Pack, UID]] = {
        "zip": (zipped, ExplicitVRLittleEndian),
        "tar": (tarred, ExplicitVRLittleEndian),
        "tar.gz": (tar_gzipped, ExplicitVRLittleEndian),
        "deflated": (tarred, DeflatedExplicitVRLittleEndian),
        "jpeg-ls": (zipped, JPEGLSLossless),
    }
    if request.param in packs:
        pack, syntax = packs[request.param]
        content = pack([file_bytes(one, syntax) for one in ct_series(HU)])
    elif request.param == "nifti":
        content = nibabel.Nifti1Image(HU.T, np.diag([1, 1, 2, 1.0])).to_bytes()
    else:
        content = file_bytes(enhanced_ct(ct_series(HU)))
        content = zipped([content]) if request.param.endswith("zip") else content
    file = tmp_path / "image"
    file.write_bytes(content)
    return file


def test_memory_is_that_of_what_is_asked_for(path: Path) -> None:
    limits = CtLimits(max_held_bytes=1 << 20)
    # What libraries build once, at their first use, is not the image's.
    open_ct(path, limits).read(0, 1)
    with at_most(6):
        image = open_ct(path, limits)
    with at_most(3):
        assert [int(plane[0, 0]) for plane in image.each()] == list(range(SLICES))
    with at_most(20 * SIDE * SIDE * 2 / 1e6 + 3):
        assert image.read(50, 70)[:, 3, 3].tolist() == list(range(50, 70))


RESIDENT = """
import re, sys
from pathlib import Path
from services.segmentation.ct.reading import CtLimits, open_ct

def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1e3

limits = CtLimits()
small, large = Path(sys.argv[1]), Path(sys.argv[2])
open_ct(small, limits).read()
before = peak()
image = open_ct(large, limits)
opened = peak()
number = sum(1 for _ in image.each())
print(number, opened - before, peak() - before)
"""


def test_a_file_of_any_length_does_not_become_memory_of_the_process(tmp_path: Path) -> None:
    """As the system counts it: mapped pages too. The file has 63 MB."""
    one = ct_series(np.zeros((1, 512, 512), np.int16))[0]
    files = []
    for number in range(120):
        one.InstanceNumber, one.ImagePositionPatient = number, [0, 0, number]
        files.append(file_bytes(one))
    small, large = tmp_path / "small", tmp_path / "large"
    small.write_bytes(tarred(files[:3]))
    large.write_bytes(tarred(files))
    command = [sys.executable, "-c", RESIDENT, str(small), str(large)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    slices, opened, read = told.split()
    assert int(slices) == 120
    assert float(opened) < 35
    assert float(read) < 35


def test_more_files_than_a_process_may_hold_are_read(tmp_path: Path) -> None:
    paths = []
    for number, one in enumerate(ct_series(np.zeros((80, 4, 4), np.int16))):
        paths.append(tmp_path / f"{number}")
        paths[-1].write_bytes(file_bytes(one))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) + 40, hard))
    try:
        assert open_ct(paths, CtLimits()).read().shape == (80, 4, 4)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
