"""The compressed frames in encapsulated pixel data (PS3.5 section A.4), found without copying them."""

import struct
from collections.abc import Sequence

_ITEM, _END = 0xFFFEE000, 0xFFFEE0DD
_TAG_AND_LENGTH = struct.Struct("<HHL")

Frame = Sequence[tuple[int, int]]
"""Begin and end of each fragment of a frame."""


def find_frames(view: memoryview, start: int, frames: int, table: bytes = b"") -> list[Frame]:
    """The fragments of each frame. start: where the value of the pixel data begins.

    table: the ExtendedOffsetTable, b"" without one. Raises ValueError, struct.error when the fragments end
    early or do not make as many frames.
    """
    (begin, end), *fragments = _items(view, start)
    if frames == 1:
        found: list[Frame] = [fragments] if fragments else []
    elif len(fragments) == frames:
        found = [[fragment] for fragment in fragments]
    else:
        # Offsets count from the tag of the first fragment, 8 bytes before its content.
        width, offsets = ("<Q", table) if table else ("<L", bytes(view[begin:end]))
        starts = [end + 8 + offset for (offset,) in struct.iter_unpack(width, offsets)]
        found = _grouped(fragments, starts)
    if len(found) != frames:
        raise ValueError(f"{len(found)} frames, not {frames}")
    return found


def _items(view: memoryview, position: int) -> list[tuple[int, int]]:
    items: list[tuple[int, int]] = []
    while True:
        group, number, length = _TAG_AND_LENGTH.unpack_from(view, position)
        tag, begin = group << 16 | number, position + 8
        if tag == _END and items:
            return items
        position = begin + length
        if tag != _ITEM or position > len(view):
            raise ValueError("the fragments end early")
        items.append((begin, position))


def _grouped(fragments: Sequence[tuple[int, int]], starts: Sequence[int]) -> list[Frame]:
    first_of = set(starts)
    found: list[list[tuple[int, int]]] = []
    for fragment in fragments:
        if fragment[0] in first_of or not found:
            found.append([])
        found[-1].append(fragment)
    return list(found)
