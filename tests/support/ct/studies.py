"""Studies of any size on disk: valid slices, written in a moment, whose pixels take no room."""

from pathlib import Path

import numpy as np
from pydicom.uid import UID, generate_uid

from tests.support.ct.encoding import file_bytes
from tests.support.ct.series import ct_series

_UID, _HEIGHT = "1.2.826.0.1.3680043.8.498.9999999999", 12345.67
STEP_MM = 0.5


def write_sparse_study(folder: Path, slices: int, side: int, *, study: int = 0) -> Path:
    """A folder of `slices` axial slices of `side` x `side`, all -1024 HU, as an export has them.

    Files are named by number, without an ending; their pixels are holes. study: another number is another
    study.
    """
    folder.mkdir(parents=True)
    one = ct_series(np.full((1, side, side), -1024, np.int16), origin=(-100, -100, _HEIGHT))[0]
    one.SOPInstanceUID = one.file_meta.MediaStorageSOPInstanceUID = UID(_UID)
    one.StudyInstanceUID, one.SeriesInstanceUID = (
        generate_uid(entropy_srcs=[f"{what} {study}"]) for what in ("study", "series")
    )
    content = file_bytes(one)
    header = content[: -2 * side * side]
    for number in range(1, slices + 1):
        uid = f"{_UID[:-10]}{number + 10**9 * (1 + study % 8)}"
        height = f"{10_000 + number * STEP_MM:.2f}"
        own = header.replace(_UID.encode(), uid.encode()).replace(f"{_HEIGHT}".encode(), height.encode())
        with (folder / f"I{number:06}").open("wb") as file:
            file.write(own)
            file.truncate(len(content))
    return folder
