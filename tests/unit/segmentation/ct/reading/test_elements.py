"""Whatever else a header holds, the elements that a volume needs are found, and the pixels where they lie."""

import struct
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, encapsulate_extended
from pydicom.sequence import Sequence as Items
from pydicom.uid import (
    UID,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGLSLossless,
    JPEGLSNearLossless,
)

from radmesh.errors import RadmeshError
from services.segmentation.ct.reading import open_ct
from tests.support.ct.archives import zipped
from tests.support.ct.encoding import file_bytes, frames_of, written
from tests.support.ct.enhanced import enhanced_ct
from tests.support.ct.jpeg_lossless import jpeg_lossless
from tests.support.ct.reading import LIMITS, opened, refusal
from tests.support.ct.series import ct_series, hu_volume

HU = hu_volume(4)
DELIMITER = struct.pack("<HHL", 0xFFFE, 0xE0DD, 0)


def nested(depth: int, *, undefined: bool) -> Items:
    item = Dataset()
    item.InstanceNumber = 999
    item.PixelSpacing = [9, 9]
    if depth:
        item.ReferencedImageSequence = nested(depth - 1, undefined=undefined)
        item["ReferencedImageSequence"].is_undefined_length = undefined
    item.is_undefined_length_sequence_item = undefined
    return Items([item, item])


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
@pytest.mark.parametrize("undefined", [False, True])
def test_elements_inside_of_sequences_are_not_those_of_the_slice(syntax: UID, undefined: bool) -> None:
    slices = ct_series(HU)
    for one in slices:
        one.ReferencedStudySequence = nested(3, undefined=undefined)
        one["ReferencedStudySequence"].is_undefined_length = undefined
    image = open_ct([file_bytes(one, syntax) for one in slices], LIMITS)
    np.testing.assert_array_equal(image.read(), HU)
    assert [one.name.number for one in image.slices] == [1, 2, 3, 4]
    assert image.geometry.spacing_mm[1:] == (0.7, 0.8)


def before_pixels(content: bytes, element: bytes) -> bytes:
    """A file with another element in front of its pixels."""
    at = content.index(b"\xe0\x7f\x10\x00OW")
    return content[:at] + element + content[at:]


def test_a_sequence_of_unknown_kind_is_passed_over_as_an_implicit_one() -> None:
    inside = struct.pack("<HHL", 0x0020, 0x0013, 2) + b"77"
    item = struct.pack("<HHL", 0xFFFE, 0xE000, len(inside)) + inside
    unknown = struct.pack("<HH2sHL", 0x0029, 0x1010, b"UN", 0, 0xFFFFFFFF)
    files = [before_pixels(file_bytes(one), unknown + item + DELIMITER) for one in ct_series(HU)]
    image = open_ct(files, LIMITS)
    np.testing.assert_array_equal(image.read(), HU)
    assert [one.name.number for one in image.slices] == [1, 2, 3, 4]


def test_an_icon_with_compressed_pixels_of_its_own_is_passed_over() -> None:
    fragments = encapsulate([b"\xff\xd8icon\xff\xd9"])
    pixels = struct.pack("<HH2sHL", 0x7FE0, 0x0010, b"OB", 0, 0xFFFFFFFF) + fragments + DELIMITER
    item = struct.pack("<HHL", 0xFFFE, 0xE000, 0xFFFFFFFF) + pixels + struct.pack("<HHL", 0xFFFE, 0xE00D, 0)
    icon = struct.pack("<HH2sHL", 0x0088, 0x0200, b"SQ", 0, 0xFFFFFFFF)
    files = [before_pixels(file_bytes(one), icon + item + DELIMITER) for one in ct_series(HU)]
    np.testing.assert_array_equal(open_ct(files, LIMITS).read(), HU)


def test_sequences_that_lie_too_deep_are_refused_and_not_followed() -> None:
    opening = struct.pack("<HH2sHL", 0x0029, 0x1010, b"SQ", 0, 0xFFFFFFFF)
    opening += struct.pack("<HHL", 0xFFFE, 0xE000, 0xFFFFFFFF)
    files = [before_pixels(file_bytes(one), opening * 100_000) for one in ct_series(HU)]
    assert refusal(files).reason == "FILE_UNREADABLE"


def test_a_header_longer_than_what_is_unpacked_first_is_read() -> None:
    slices = ct_series(HU)
    for one in slices:
        one.private_block(0x0029, "LARGE", create=True).add_new(0x10, "OB", bytes(100_000))
    np.testing.assert_array_equal(open_ct(zipped([file_bytes(one) for one in slices]), LIMITS).read(), HU)


@pytest.mark.parametrize("pieces", [1, 2, 5])
def test_frames_in_several_fragments_are_found_by_their_offsets(pieces: int) -> None:
    whole = enhanced_ct(ct_series(HU))
    frames = [jpeg_lossless(values, 16) for values in frames_of(whole)]
    _compressed(whole, encapsulate(frames, fragments_per_frame=pieces))
    image = open_ct(written(whole, whole.file_meta.TransferSyntaxUID), LIMITS)
    # In any order, as an analysis may ask.
    np.testing.assert_array_equal(image.read(2, 3)[0], HU[2])
    np.testing.assert_array_equal(image.read(), HU)


def test_frames_without_offsets_or_with_extended_ones_are_found() -> None:
    whole = enhanced_ct(ct_series(HU))
    frames = [jpeg_lossless(values, 16) for values in frames_of(whole)]
    _compressed(whole, encapsulate(frames, has_bot=False))
    np.testing.assert_array_equal(opened_as_written(whole), HU)
    content, offsets, lengths = encapsulate_extended(frames)
    _compressed(whole, content)
    whole.ExtendedOffsetTable, whole.ExtendedOffsetTableLengths = offsets, lengths
    np.testing.assert_array_equal(opened_as_written(whole), HU)


def test_frames_that_the_offsets_do_not_make_are_refused() -> None:
    whole = enhanced_ct(ct_series(HU))
    frames = [jpeg_lossless(values, 16) for values in frames_of(whole)]
    _compressed(whole, encapsulate([*frames, frames[0]], has_bot=False))
    assert refusal([written(whole, whole.file_meta.TransferSyntaxUID)]).reason == "FILE_UNREADABLE"


def test_compression_with_a_loss_stays_within_its_bound() -> None:
    slices = ct_series(HU)
    for one in slices:
        one.compress(JPEGLSNearLossless, jls_error=2, generate_instance_uid=False)
    image = open_ct([written(one, JPEGLSNearLossless) for one in slices], LIMITS)
    assert 0 < np.abs(image.read().astype(int) - HU).max() <= 2


@settings(max_examples=150, deadline=None)
@given(
    file=st.sampled_from(["plain", "implicit", "jpeg-ls", "multi-frame", "zip"]),
    changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=8),
    cut=st.floats(0, 1),
)
def test_no_change_of_bytes_gives_more_than_a_volume_or_a_refusal(
    file: str, changes: list[tuple[float, int]], cut: float
) -> None:
    content = bytearray(ALL_KINDS[file])
    for share, value in changes:
        # Most of them in the header.
        content[int(share**3 * (len(content) - 1))] = value
    if cut > 0.8:
        del content[int(len(content) * cut) :]
    files = [bytes(content)] if file in {"multi-frame", "zip"} else [bytes(content), *PLAIN[1:]]
    with suppress(RadmeshError):
        open_ct(files, LIMITS).read()


PLAIN = [file_bytes(one) for one in ct_series(HU)]
ALL_KINDS = {
    "plain": PLAIN[0],
    "implicit": file_bytes(ct_series(HU)[0], ImplicitVRLittleEndian),
    "jpeg-ls": file_bytes(ct_series(HU)[0], JPEGLSLossless),
    "multi-frame": file_bytes(enhanced_ct(ct_series(HU))),
    "zip": zipped(PLAIN),
}


def _compressed(whole: Dataset, content: bytes) -> None:
    whole.file_meta.TransferSyntaxUID = UID("1.2.840.10008.1.2.4.70")
    whole.PixelData = content
    whole["PixelData"].VR = "OB"
    whole["PixelData"].is_undefined_length = True


def opened_as_written(whole: Dataset) -> np.ndarray:
    return open_ct(written(whole, whole.file_meta.TransferSyntaxUID), LIMITS).read()


def test_a_series_is_read_twice_as_it_is_read_once() -> None:
    image = opened(ct_series(HU))
    np.testing.assert_array_equal(image.read(1, 3), HU[1:3])
    np.testing.assert_array_equal(image.read(3, 1), HU[3:1])
    np.testing.assert_array_equal([plane.copy() for plane in image.each(2)], HU[2:])
    np.testing.assert_array_equal(image.read(-2), HU[-2:])
