"""What a compressed frame says of its own size, read before a decoder takes memory for it."""

import struct

_JPEG_2000 = b"\xff\x4f\xff\x51"
_JP2 = b"\x00\x00\x00\x0cjP  "
_SIZES = struct.Struct(">4L")
_FRAME_HEADERS = frozenset({*range(0xC0, 0xD0), 0xF7}) - {0xC4, 0xC8, 0xCC}
"""Start of frame of every JPEG (ITU-T T.81 table B.1) and of JPEG-LS (T.87 table C.1)."""

_ALONE = frozenset({0x01, *range(0xD0, 0xDA)})


def declared_size(frame: bytes) -> tuple[int, int] | None:
    """Rows and columns in the header of a JPEG, JPEG-LS or JPEG 2000 code stream; None where there is none.

    Raises ValueError, struct.error for a header that ends early.
    """
    if frame.startswith(_JP2):
        begin = frame.find(_JPEG_2000)
        return None if begin < 0 else _jpeg_2000_size(frame, begin)
    if frame.startswith(_JPEG_2000):
        return _jpeg_2000_size(frame, 0)
    return _jpeg_size(frame) if frame.startswith(b"\xff\xd8") else None


def _jpeg_2000_size(frame: bytes, begin: int) -> tuple[int, int]:
    """From the SIZ segment (ITU-T T.800 section A.5.1): the grid's size less the image's offset."""
    right, bottom, left, top = _SIZES.unpack_from(frame, begin + 8)
    return bottom - top, right - left


def _jpeg_size(frame: bytes) -> tuple[int, int]:
    position = 2
    while True:
        filler, marker, length = struct.unpack_from(">BBH", frame, position)
        if filler != 0xFF:
            raise ValueError("no marker where one must be")
        if marker == 0xFF:
            position += 1
        elif marker in _FRAME_HEADERS:
            rows, columns = struct.unpack_from(">HH", frame, position + 5)
            return rows, columns
        elif marker in _ALONE:
            position += 2
        else:
            position += 2 + length
