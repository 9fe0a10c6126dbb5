"""The frames between a service and its model child: kind (1 byte), length (4, big-endian), payload.

The payload is a serialized message that the contract has already (or raw bytes), so that the child needs no
proto of its own: it reads an `Assignment` followed by the paths of its files, and answers with
`TaskProgress`, `Artifact` followed by its content, and one last frame: a result in an `Any`, a `TaskError`,
or nothing (cancelled). An image itself never passes: it may be a study of gigabytes.
"""

import asyncio
import os
import socket
import struct
from collections.abc import Iterable
from enum import IntEnum
from pathlib import Path
from typing import BinaryIO

_HEADER = struct.Struct(">BI")
_BETWEEN_PATHS = b"\0"

MAX_PAYLOAD_BYTES = 1 << 30
"""No artifact comes near it; a longer one means that the two sides are out of step."""


class FrameKind(IntEnum):
    """What a frame carries. To the child: 1 to 9. From the child: 10 and up."""

    ASSIGNMENT = 1
    """radmesh.tasks.v1.Assignment. INPUTS follow if it has files."""
    INPUTS = 2
    """Paths of its images and of the files that earlier stages left, in the order of `blob_keys`."""
    CANCEL = 3
    """Empty. Stop the assignment sent last."""

    READY = 10
    """google.protobuf.Struct with `device` and `seconds`: the model is loaded."""
    LOAD_FAILED = 11
    """TaskError: the model cannot be loaded; the child exits."""
    PROGRESS = 12
    """TaskProgress."""
    FILE = 13
    """Artifact without name: a file, whose bytes are the next frame, CONTENT."""
    CONTENT = 14
    """Raw bytes of the file announced before."""
    RESULT = 15
    """google.protobuf.Any. Last frame of a run."""
    FAILED = 16
    """TaskError. Last frame of a run."""
    CANCELLED = 17
    """Empty. Last frame of a run."""
    STAGE_RESULT = 18
    """google.protobuf.Any of a stage that has to be reviewed. Last frame of a run."""
    ANSWER_REFUSED = 19
    """TaskError: why what a reviewer gave cannot be used. Last frame of a run."""


class BrokenFrameError(Exception):
    """The bytes on the socket are no frame."""


def encode_paths(paths: Iterable[Path]) -> bytes:
    """The payload of INPUTS."""
    return _BETWEEN_PATHS.join(os.fsencode(path) for path in paths)


def decode_paths(payload: bytes) -> list[Path]:
    """What `encode_paths` wrote, of one path at least."""
    return [Path(os.fsdecode(path)) for path in payload.split(_BETWEEN_PATHS)]


def encode_header(kind: FrameKind, length: int) -> bytes:
    """The five bytes before a payload. Raises ValueError when the payload is too long."""
    if length > MAX_PAYLOAD_BYTES:
        raise ValueError(f"a frame holds at most {MAX_PAYLOAD_BYTES} bytes, not {length}")
    return _HEADER.pack(kind, length)


def decode_header(header: bytes) -> tuple[FrameKind, int]:
    """Kind and payload length. Raises BrokenFrameError."""
    number, length = _HEADER.unpack(header)
    try:
        kind = FrameKind(number)
    except ValueError:
        raise BrokenFrameError(f"no frame has kind {number}") from None
    if length > MAX_PAYLOAD_BYTES:
        raise BrokenFrameError(f"a frame of {length} bytes is announced")
    return kind, length


def send_frame(connection: socket.socket, kind: FrameKind, payload: bytes = b"") -> None:
    """Sends one frame, blocking."""
    header = encode_header(kind, len(payload))
    if len(payload) < 65536:
        connection.sendall(header + payload)
    else:
        connection.sendall(header)
        connection.sendall(payload)


def receive_frame(stream: BinaryIO) -> tuple[FrameKind, bytes] | None:
    """Receives one frame from a buffered stream, blocking; None when the other side is gone."""
    try:
        header = stream.read(_HEADER.size)
        if len(header) < _HEADER.size:
            return None
        kind, length = decode_header(header)
        payload = stream.read(length)
    except ConnectionError:
        return None
    return None if len(payload) < length else (kind, payload)


def write_frame(writer: asyncio.StreamWriter, kind: FrameKind, payload: bytes = b"") -> None:
    """Queues one frame on a stream; the caller drains."""
    writer.write(encode_header(kind, len(payload)))
    if payload:
        writer.write(payload)


async def read_frame(reader: asyncio.StreamReader) -> tuple[FrameKind, bytes] | None:
    """Reads one frame from a stream; None when the other side is gone."""
    try:
        kind, length = decode_header(await reader.readexactly(_HEADER.size))
        return kind, await reader.readexactly(length)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
