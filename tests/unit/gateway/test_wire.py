"""Reading an upload's messages by hand gives what the library would give."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from radmesh.blobs.v1.upload_service_pb2 import WriteUploadRequest
from radmesh.errors import InvalidRequestError
from services.gateway.uploads.wire import read_part


@given(
    name=some.text(),
    offset=some.integers(-(1 << 63), (1 << 63) - 1),
    chunk=some.binary(max_size=300),
    finish=some.booleans(),
)
def test_every_message_is_read_as_the_library_reads_it(
    name: str, offset: int, chunk: bytes, finish: bool
) -> None:
    message = WriteUploadRequest(
        name=name.encode("utf-8", "replace").decode(), offset=offset, chunk=chunk, finish=finish
    )
    part = read_part(message.SerializeToString())
    assert (part.name, part.offset, bytes(part.chunk), part.finish) == (
        message.name,
        message.offset,
        message.chunk,
        message.finish,
    )


@given(some.binary(max_size=60))
def test_anything_else_is_read_or_refused_as_the_library_does(content: bytes) -> None:
    try:
        expected = WriteUploadRequest.FromString(content)
    except Exception:  # noqa: BLE001 - whatever the library raises means that it refuses
        with pytest.raises(InvalidRequestError):
            read_part(content)
        return
    part = read_part(content)
    assert (part.name, part.offset, bytes(part.chunk), part.finish) == (
        expected.name,
        expected.offset,
        expected.chunk,
        expected.finish,
    )


def test_a_chunk_is_not_copied() -> None:
    message = WriteUploadRequest(chunk=b"x" * 1000).SerializeToString()
    part = read_part(message)
    assert isinstance(part.chunk, memoryview)
    assert part.chunk.obj is message
