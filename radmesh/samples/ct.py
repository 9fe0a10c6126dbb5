"""Writes the drawn torso as the DICOM files of a CT series, by the few rules that such files need."""

import struct
from pathlib import Path

import numpy as np

from radmesh.samples.torso import PIXEL_MM, SIDE, STEP_MM, draw_torso

_ROOT = "2.25.330001000200030004000"
_CT_STORAGE, _EXPLICIT = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1"
_LONG = {"OB", "OW"}

_Element = tuple[int, int, str, str | bytes]
"""Group, element, value representation and value."""

_OF_ALL: tuple[_Element, ...] = (
    (0x0008, 0x0008, "CS", "ORIGINAL\\PRIMARY\\AXIAL"),
    (0x0008, 0x0016, "UI", _CT_STORAGE),
    (0x0008, 0x0020, "DA", "20260102"),
    (0x0008, 0x0030, "TM", "101500"),
    (0x0008, 0x0050, "SH", ""),
    (0x0008, 0x0060, "CS", "CT"),
    (0x0008, 0x0070, "LO", "Radmesh"),
    (0x0008, 0x0090, "PN", ""),
    (0x0008, 0x103E, "LO", "Drawn torso, no patient"),
    (0x0010, 0x0010, "PN", "DRAWN^TORSO"),
    (0x0010, 0x0020, "LO", "DRAWN"),
    (0x0010, 0x0030, "DA", ""),
    (0x0010, 0x0040, "CS", "F"),
    (0x0010, 0x1020, "DS", "1.68"),
    (0x0010, 0x1030, "DS", "66"),
    (0x0018, 0x0015, "CS", "ABDOMEN"),
    (0x0018, 0x0050, "DS", f"{STEP_MM:g}"),
    (0x0018, 0x0060, "DS", "120"),
    (0x0018, 0x1210, "SH", "SOFT"),
    (0x0018, 0x5100, "CS", "HFS"),
    (0x0020, 0x000D, "UI", f"{_ROOT}.1"),
    (0x0020, 0x000E, "UI", f"{_ROOT}.2"),
    (0x0020, 0x0010, "SH", "1"),
    (0x0020, 0x0011, "IS", "2"),
    (0x0020, 0x0012, "IS", "1"),
    (0x0020, 0x0037, "DS", "1\\0\\0\\0\\1\\0"),
    (0x0020, 0x0052, "UI", f"{_ROOT}.4"),
    (0x0020, 0x1040, "LO", ""),
    (0x0028, 0x0002, "US", struct.pack("<H", 1)),
    (0x0028, 0x0004, "CS", "MONOCHROME2"),
    (0x0028, 0x0010, "US", struct.pack("<H", SIDE)),
    (0x0028, 0x0011, "US", struct.pack("<H", SIDE)),
    (0x0028, 0x0030, "DS", f"{PIXEL_MM:g}\\{PIXEL_MM:g}"),
    (0x0028, 0x0100, "US", struct.pack("<H", 16)),
    (0x0028, 0x0101, "US", struct.pack("<H", 16)),
    (0x0028, 0x0102, "US", struct.pack("<H", 15)),
    (0x0028, 0x0103, "US", struct.pack("<H", 1)),
    (0x0028, 0x1052, "DS", "0"),
    (0x0028, 0x1053, "DS", "1"),
)
"""What every slice says."""


def write_study(folder: Path) -> list[Path]:
    """One file a slice in a folder, which is made; the same bytes at every call. No patient: it is drawn."""
    folder.mkdir(parents=True, exist_ok=True)
    slices = list(draw_torso())
    paths = []
    for index, (z, hu) in enumerate(slices):
        path = folder / f"slice-{index:03d}.dcm"
        path.write_bytes(_file(len(slices) - index, z, hu))
        paths.append(path)
    return paths


def _file(number: int, z: float, hu: np.ndarray) -> bytes:
    instance = f"{_ROOT}.3.{number}"
    meta = b"".join(
        (
            _element(0x0002, 0x0001, "OB", b"\0\1"),
            _element(0x0002, 0x0002, "UI", _CT_STORAGE),
            _element(0x0002, 0x0003, "UI", instance),
            _element(0x0002, 0x0010, "UI", _EXPLICIT),
            _element(0x0002, 0x0012, "UI", f"{_ROOT}.9"),
        )
    )
    length = _element(0x0002, 0x0000, "UL", struct.pack("<I", len(meta)))
    corner = -(SIDE - 1) / 2 * PIXEL_MM
    own: list[_Element] = [
        (0x0008, 0x0018, "UI", instance),
        (0x0020, 0x0013, "IS", str(number)),
        (0x0020, 0x0032, "DS", f"{corner:.2f}\\{corner:.2f}\\{z:.2f}"),
        (0x7FE0, 0x0010, "OW", hu.astype("<i2").tobytes()),
    ]
    data_set = sorted([*_OF_ALL, *own])
    return bytes(128) + b"DICM" + length + meta + b"".join(_element(*one) for one in data_set)


def _element(group: int, number: int, kind: str, value: str | bytes) -> bytes:
    """An element in explicit little endian, its value padded to an even length."""
    content = value.encode("ascii") if isinstance(value, str) else value
    if len(content) % 2:
        content += b"\0" if kind in {"UI", "OB"} else b" "
    head = struct.pack("<HH2s", group, number, kind.encode())
    length = struct.pack("<HI", 0, len(content)) if kind in _LONG else struct.pack("<H", len(content))
    return head + length + content
