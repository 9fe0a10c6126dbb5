"""What reading a CT takes over reading its bytes and decoding them: headers, order and geometry."""

import io
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import jpeg_ls
import numpy as np
import pydicom
from pydicom.encaps import get_frame
from pydicom.uid import UID, ExplicitVRLittleEndian, JPEGLSLossless

from bench.figures import Figure
from services.segmentation.ct.reading import CtLimits, open_ct
from tests.support.ct.archives import tarred
from tests.support.ct.encoding import file_bytes
from tests.support.ct.series import ct_series

_SLICES, _SIDE = 500, 512
_HEADER_ELEMENTS = 90
"""Beside those that the generator writes: with them a header is as long as a scanner's."""

Decode = Callable[[memoryview], np.ndarray]


@dataclass(frozen=True)
class _Stored:
    """A study on disk. frames: where the bytes of each slice begin and end. decode: the bare decoder."""

    path: Path
    frames: Sequence[tuple[int, int]]
    decode: Decode
    rounds: int


def _plane() -> np.ndarray:
    """A disc of tissue in air, with the noise of a scanner."""
    rows, columns = np.mgrid[:_SIDE, :_SIDE] - _SIDE / 2
    body = np.where(np.hypot(rows, columns) < 200, 40, -1000)
    noisy = body + np.random.default_rng(1).normal(0, 12, body.shape)
    return np.maximum(noisy, -1024).astype(np.int16)


def _write(path: Path, syntax: UID) -> list[tuple[int, int]]:
    """A tar archive of slices that differ in place and number; the extents of their frames in it."""
    one = ct_series(_plane()[None])[0]
    block = one.private_block(0x0019, "BENCH", create=True)
    for element in range(_HEADER_ELEMENTS):
        block.add_new(element, "LO", f"element {element} of many")
    first = pydicom.dcmread(io.BytesIO(file_bytes(one, syntax)))
    files = []
    for number in range(1, _SLICES + 1):
        first.InstanceNumber, first.ImagePositionPatient = number, [-180, -180, number * 0.7]
        file = io.BytesIO()
        first.save_as(file, enforce_file_format=True)
        files.append(file.getvalue())
    path.write_bytes(tarred(files[::-1]))
    content = path.read_bytes()
    frame = first.PixelData
    if syntax != ExplicitVRLittleEndian:
        frame = get_frame(frame, 0, number_of_frames=1)
    frames, begin = [], -1
    while (begin := content.find(frame, begin + 1)) >= 0:
        frames.append((begin, begin + len(frame)))
    return frames


def _native(frame: memoryview) -> np.ndarray:
    return np.frombuffer(frame, "<u2").view(np.int16).reshape(_SIDE, _SIDE) + np.int16(-1024)


def _jpeg_ls(frame: memoryview) -> np.ndarray:
    content, _ = jpeg_ls.decode_pixel_data(bytes(frame))
    return np.frombuffer(content, "<u2").view(np.int16).reshape(_SIDE, _SIDE) + np.int16(-1024)


def _bare(stored: _Stored) -> np.ndarray:
    content = memoryview(stored.path.read_bytes())
    volume = np.empty((_SLICES, _SIDE, _SIDE), np.int16)
    for index, (begin, end) in enumerate(stored.frames):
        volume[index] = stored.decode(content[begin:end])
    return volume


def _ratio(stored: _Stored) -> tuple[float, float, float]:
    """Best of some rounds, one after the other: ours over bare, and the seconds of both."""
    ours, bare = [], []
    for _ in range(stored.rounds):
        start = time.perf_counter()
        volume = open_ct(stored.path, CtLimits()).read()
        middle = time.perf_counter()
        expected = _bare(stored)
        end = time.perf_counter()
        np.testing.assert_array_equal(volume, expected)
        ours.append(middle - start)
        bare.append(end - middle)
    return min(ours) / min(bare), min(ours), min(bare)


def measure_ct_reading(folder: Path) -> list[Figure]:
    """The worse of both ways of storing counts: uncompressed ones leave nothing to hide behind."""
    plain, packed = folder / "plain.tar", folder / "packed.tar"
    studies = {
        "uncompressed": _Stored(plain, _write(plain, ExplicitVRLittleEndian), _native, 5),
        "JPEG-LS": _Stored(packed, _write(packed, JPEGLSLossless), _jpeg_ls, 2),
    }
    ratios = {name: _ratio(stored) for name, stored in studies.items()}
    told = "; ".join(
        f"{name} {ratio:.2f}: {ours:.2f} s over {bare:.2f} s" for name, (ratio, ours, bare) in ratios.items()
    )
    return [
        Figure(
            f"reading {_SLICES} CT slices of {_SIDE}² over their bytes and decoding",
            max(ratio for ratio, _, _ in ratios.values()),
            "times",
            1.5,
            1.1,
            detail=f"a tar of files in reverse order; {told}",
        )
    ]
