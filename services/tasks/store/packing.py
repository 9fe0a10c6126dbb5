"""Several byte strings in one, as `pack` of `lua/log.lua` writes them: each after its length, big endian."""

import struct

_LENGTH = struct.Struct(">I")


def unpack(packed: bytes) -> list[bytes]:
    """The byte strings in a packed one."""
    values, offset = [], 0
    while offset < len(packed):
        (length,) = _LENGTH.unpack_from(packed, offset)
        offset += _LENGTH.size
        values.append(packed[offset : offset + length])
        offset += length
    return values
