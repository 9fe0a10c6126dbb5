"""However many slices there are, memory is that of one, or of those that the caller asked for."""

import tracemalloc
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import nibabel
import numpy as np
import pytest
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian, JPEGLSLossless

from services.segmentation.ct.reading import CtLimits, open_ct
from tests.support.ct.archives import tar_gzipped, tarred, zipped
from tests.support.ct.encoding import file_bytes
from tests.support.ct.enhanced import enhanced_ct
from tests.support.ct.series import ct_series

SIDE, SLICES = 256, 96
HU = np.repeat(np.arange(SLICES, dtype=np.int16), SIDE * SIDE).reshape(SLICES, SIDE, SIDE)
SERIES = ct_series(HU)

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
        content = pack([file_bytes(one, syntax) for one in SERIES])
    elif request.param == "nifti":
        content = nibabel.Nifti1Image(HU.T, np.diag([1, 1, 2, 1.0])).to_bytes()
    else:
        content = file_bytes(enhanced_ct(SERIES))
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
