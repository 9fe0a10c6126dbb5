"""Frames arrive as they were sent, whole, and what is no frame is noticed."""

import socket
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.frames import (
    MAX_PAYLOAD_BYTES,
    BrokenFrameError,
    FrameKind,
    decode_header,
    decode_paths,
    encode_header,
    encode_paths,
    receive_frame,
    send_frame,
)


@given(kind=st.sampled_from(FrameKind), length=st.integers(0, MAX_PAYLOAD_BYTES))
def test_a_header_is_read_as_it_was_written(kind: FrameKind, length: int) -> None:
    header = encode_header(kind, length)
    assert len(header) == 5
    assert decode_header(header) == (kind, length)


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 3_000_000])
def test_a_payload_of_any_size_crosses_a_socket(size: int) -> None:
    ours, theirs = socket.socketpair()
    payload = bytes(range(256)) * (size // 256 + 1)
    with ours, theirs, theirs.makefile("rb") as stream:
        sending = threading.Thread(target=send_frame, args=(ours, FrameKind.CONTENT, payload[:size]))
        sending.start()
        assert receive_frame(stream) == (FrameKind.CONTENT, payload[:size])
        sending.join()


def test_the_end_of_the_other_side_is_no_frame_and_no_error() -> None:
    ours, theirs = socket.socketpair()
    with theirs, theirs.makefile("rb") as stream:
        with ours:
            ours.sendall(encode_header(FrameKind.RESULT, 100) + b"cut off")
        assert receive_frame(stream) is None


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(BrokenFrameError, match="no frame has kind 255"):
        decode_header(b"\xff\0\0\0\0")


def test_a_length_out_of_step_is_refused_before_memory_is_taken_for_it() -> None:
    with pytest.raises(BrokenFrameError, match="4294967295 bytes"):
        decode_header(b"\x01\xff\xff\xff\xff")
    with pytest.raises(ValueError, match="at most"):
        encode_header(FrameKind.CONTENT, MAX_PAYLOAD_BYTES + 1)


@pytest.mark.parametrize(
    "names", [["/a"], ["/blobs/images/0", "/with space/ä\n", "/proc/7/fd/9"], ["/\udcff"]]
)
def test_paths_are_read_as_they_were_written(names: list[str]) -> None:
    paths = [Path(name) for name in names]
    assert decode_paths(encode_paths(paths)) == paths
