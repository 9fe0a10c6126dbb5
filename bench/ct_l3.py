"""What memory ct-l3 takes above its loaded models for a study of many slices."""

import json
import subprocess
import sys
import tarfile
from io import BytesIO
from pathlib import Path

import numpy as np
from pydicom.uid import UID

from bench.figures import Figure
from radmesh.samples.torso import HIGH_MM, LOW_MM, PIXEL_MM, SIDE, STEP_MM, draw_torso
from tests.support.ct.encoding import file_bytes
from tests.support.ct.series import ct_series, set_pixels

_SLICES, _SIDE, _APART_MM = 2_000, 512, 0.5
_FEW = 600
"""The torso alone, so that it shows what the number of slices adds."""


def measure_ct_l3(folder: Path) -> list[Figure]:
    """Both stages in a process of their own: how far its peak rises above what the loaded models take."""
    few, many = (_peer(_write(folder / f"{number}.tar", number)) for number in (_FEW, _SLICES))
    detail = (
        f"both stages, {many['seconds']:.0f} s; {few['peak'] / 2**20:.0f} MiB with {_FEW} slices; "
        f"{many['before'] / 2**20:.0f} MiB with the models loaded"
    )
    what = f"peak memory of ct-l3 above the loaded models, {_SLICES:,} slices of {_SIDE}²"
    return [Figure(what, many["peak"] / 1e6, "MB", 800, 500, detail=detail)]


def _peer(archive: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.ct_l3_peer", str(archive)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    archive.unlink()
    return found


def _write(path: Path, slices: int) -> Path:
    """The drawn torso in fine slices, air above it, as a tar archive of DICOM files."""
    drawn = [hu for _, hu in draw_torso()]
    pixel = PIXEL_MM * SIDE / _SIDE
    finer = np.arange(_SIDE) * SIDE // _SIDE
    one = ct_series(np.zeros((1, _SIDE, _SIDE), np.int16), spacing=(pixel, pixel))[0]
    air = np.full((_SIDE, _SIDE), -1024, np.int16)
    with tarfile.open(path, "w") as archive:
        for number in range(slices):
            height = LOW_MM + number * _APART_MM
            inside = height <= HIGH_MM
            hu = drawn[round((height - LOW_MM) / STEP_MM)][finer][:, finer] if inside else air
            one.InstanceNumber = number + 1
            one.SOPInstanceUID = UID(f"1.2.826.0.1.3680043.8.498.{number + 1}")
            one.file_meta.MediaStorageSOPInstanceUID = one.SOPInstanceUID
            one.ImagePositionPatient = [-_SIDE / 2 * pixel, -_SIDE / 2 * pixel, height]
            set_pixels(one, hu.astype(np.int32) + 1024)
            content = file_bytes(one)
            entry = tarfile.TarInfo(f"IM{number:05}")
            entry.size = len(content)
            archive.addfile(entry, BytesIO(content))
    return path
