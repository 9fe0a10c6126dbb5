"""Writes lossless JPEG (ITU-T T.81, process 14, selection value 1), which no package of Python writes."""

import struct

import numpy as np

_CATEGORIES = 17
"""Numbers of bits that a difference may need, each with a code of 5 bits: not small, but valid."""

_CODE_BITS = 5


def jpeg_lossless(values: np.ndarray, bits: int) -> bytes:
    """One frame. values: whole numbers (rows, columns) from 0 to 2**bits - 1; at most 16 bits."""
    rows, columns = values.shape
    frame = struct.pack(">BHHB3B", bits, rows, columns, 1, 1, 0x11, 0)
    counts = bytes(_CATEGORIES if length == _CODE_BITS else 0 for length in range(1, 17))
    table = b"\x00" + counts + bytes(range(_CATEGORIES))
    scan = struct.pack(">B2B3B", 1, 1, 0, 1, 0, 0)
    head = b"\xff\xd8" + b"".join(
        marker + struct.pack(">H", len(segment) + 2) + segment
        for marker, segment in ((b"\xff\xc3", frame), (b"\xff\xc4", table), (b"\xff\xda", scan))
    )
    return head + _coded(_differences(values.astype(np.int64), bits)) + b"\xff\xd9"


def _differences(values: np.ndarray, bits: int) -> np.ndarray:
    """To the left neighbour; at the beginning of a row to the one above; at the first to the middle."""
    predicted = np.empty_like(values)
    predicted[:, 1:] = values[:, :-1]
    predicted[1:, 0] = values[:-1, 0]
    predicted[0, 0] = 1 << (bits - 1)
    # Modulo 65536 (section H.1.2.1).
    differences: np.ndarray = (values - predicted + 32768) % 65536 - 32768
    return differences.ravel()


def _coded(differences: np.ndarray) -> bytes:
    parts = []
    for difference in differences.tolist():
        category = abs(difference).bit_length()
        parts.append(f"{category:0{_CODE_BITS}b}")
        if 0 < category < 16:
            extra = difference if difference > 0 else difference + (1 << category) - 1
            parts.append(f"{extra:0{category}b}")
    text = "".join(parts)
    text += "1" * (-len(text) % 8)
    # A zero after FF tells that it is no marker.
    return int(text, 2).to_bytes(len(text) // 8, "big").replace(b"\xff", b"\xff\x00")
