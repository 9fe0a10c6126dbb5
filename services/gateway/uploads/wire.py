"""Reads the messages of WriteUpload without copying their bytes.

Protobuf's Python runtime copies a chunk twice on its way out of a message. The chunk read here is a view of
what gRPC received.
"""

from dataclasses import dataclass

from google.protobuf.message import DecodeError

from radmesh.blobs.v1.upload_service_pb2 import WriteUploadRequest
from radmesh.errors import InvalidRequestError, Violation

# Tags of WriteUploadRequest: field number and wire type (protobuf.dev/programming-guides/encoding).
_NAME, _OFFSET, _CHUNK, _FINISH = 0x0A, 0x10, 0x1A, 0x20
_LONGEST_VARINT = 10
_INT64_SIGN, _INT64_SPAN = 1 << 63, 1 << 64


@dataclass(slots=True)
class UploadPart:
    """One message of a WriteUpload stream."""

    name: str = ""
    offset: int = 0
    chunk: bytes | memoryview = b""
    finish: bool = False


def read_part(message: bytes) -> UploadPart:
    """A serialized WriteUploadRequest. Raises InvalidRequestError when it is none."""
    try:
        return _read_plain(memoryview(message))
    except _UnusualError:
        pass
    try:
        # Fields of a later version, or something broken: the library knows.
        request = WriteUploadRequest.FromString(message)
    except DecodeError:
        raise InvalidRequestError([Violation("request", "not a message of the method's type")]) from None
    return UploadPart(request.name, request.offset, request.chunk, request.finish)


class _UnusualError(Exception):
    """The message is not made of the known fields alone."""


def _read_plain(message: memoryview) -> UploadPart:
    part = UploadPart()
    at, end = 0, len(message)
    while at < end:
        tag = message[at]
        value, at = _varint(message, at + 1)
        if tag in (_NAME, _CHUNK):
            content = message[at : at + value]
            if len(content) != value:
                raise _UnusualError
            at += value
            if tag == _CHUNK:
                part.chunk = content
            else:
                part.name = _text(content)
        elif tag == _OFFSET:
            part.offset = value - _INT64_SPAN if value >= _INT64_SIGN else value
        elif tag == _FINISH:
            part.finish = bool(value)
        else:
            raise _UnusualError
    return part


def _text(content: memoryview) -> str:
    try:
        return str(content, "utf-8")
    except UnicodeDecodeError:
        raise _UnusualError from None


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for index, byte in enumerate(message[at : at + _LONGEST_VARINT]):
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            if value >= _INT64_SPAN:
                raise _UnusualError
            return value, at + index + 1
    raise _UnusualError
