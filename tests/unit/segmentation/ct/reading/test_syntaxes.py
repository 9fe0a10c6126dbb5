"""Every way of storing pixels gives the same Hounsfield units."""

import numpy as np
import pytest
from pydicom.uid import (
    UID,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLossless,
    RLELossless,
)

from services.segmentation.ct.reading import open_ct
from tests.support.ct.encoding import LOSSLESS, file_bytes
from tests.support.ct.enhanced import enhanced_ct
from tests.support.ct.reading import LIMITS, opened, refusal
from tests.support.ct.series import ct_series, hu_volume, set_pixels

HU = hu_volume(4)


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("syntax", LOSSLESS, ids=lambda syntax: syntax.keyword)
def test_every_lossless_syntax_gives_the_same_values(syntax: UID, signed: bool) -> None:
    slices = ct_series(HU, signed=signed, intercept=0 if signed else -1024)
    image = open_ct([file_bytes(one, syntax) for one in slices], LIMITS)
    np.testing.assert_array_equal(image.read(), HU)


@pytest.mark.parametrize("syntax", LOSSLESS, ids=lambda syntax: syntax.keyword)
def test_a_multi_frame_object_gives_the_same_volume_as_its_slices(syntax: UID) -> None:
    slices = ct_series(HU)
    image = open_ct(file_bytes(enhanced_ct(slices), syntax), LIMITS)
    np.testing.assert_array_equal(image.read(), HU)
    assert image.geometry == opened(slices).geometry
    assert image.making.kernel == "Br38f"
    assert (image.making.kvp, image.making.contrast, image.making.thickness_mm) == (120, "Iodine", 5)


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, RLELossless, JPEG2000Lossless, JPEGLossless])
@pytest.mark.parametrize("signed", [False, True])
def test_twelve_stored_bits_are_read_with_their_sign(syntax: UID, signed: bool) -> None:
    slices = ct_series(HU)
    stored = HU // 2 if signed else HU + 1024
    for one, values in zip(slices, stored, strict=True):
        one.RescaleIntercept = 0 if signed else -1024
        # As scanners write it: what is above the stored bits is not the sign.
        set_pixels(one, values & 0x0FFF, bits=12)
        one.PixelRepresentation = int(signed)
    image = open_ct([file_bytes(one, syntax) for one in slices], LIMITS)
    np.testing.assert_array_equal(image.read(), HU // 2 if signed else HU)


def test_bits_outside_of_the_stored_ones_are_no_part_of_a_value() -> None:
    slices = ct_series(HU)
    for one, values in zip(slices, HU + 1024, strict=True):
        set_pixels(one, values.astype(np.uint16) | 0xF000, bits=12)
    np.testing.assert_array_equal(opened(slices).read(), HU)


@pytest.mark.parametrize(("slope", "intercept"), [(2, -1024), (0.5, -1000), (1, -8192), (1, 10)])
def test_the_rescale_of_each_slice_is_applied(slope: float, intercept: int) -> None:
    slices = ct_series(HU, signed=True)
    stored = np.frombuffer(slices[0].PixelData, "<i2").reshape(HU[0].shape)
    slices[0].RescaleSlope, slices[0].RescaleIntercept = slope, intercept
    volume = opened(slices).read()
    np.testing.assert_array_equal(volume[0], np.rint(stored * slope + intercept))
    np.testing.assert_array_equal(volume[1:], HU[1:])


@pytest.mark.parametrize("signed", [False, True])
def test_values_beyond_int16_are_cut_and_never_wrap_around(signed: bool) -> None:
    slices = ct_series(HU)
    values = np.full(HU[0].shape, 32767 if signed else 65535)
    values[0, 0] = -32768 if signed else 0
    set_pixels(slices[0], values, signed=signed)
    slices[0].RescaleIntercept = 1000
    first = opened(slices).read(0, 1)[0]
    assert first[1, 1] == 32767
    assert first[0, 0] == (-31768 if signed else 1000)


def test_a_file_without_preamble_and_meta_group_is_read() -> None:
    for syntax in (ImplicitVRLittleEndian, ExplicitVRLittleEndian):
        bare = []
        for one in ct_series(HU):
            content = file_bytes(one, syntax)
            # Behind the preamble, the length of the meta group stands in its first element.
            bare.append(content[144 + int.from_bytes(content[140:144], "little") :])
        np.testing.assert_array_equal(open_ct(bare, LIMITS).read(), HU)


@pytest.mark.parametrize(
    ("elements", "told"), [({"RescaleType": "US"}, "US"), ({"RescaleSlope": 0}, "slope")]
)
def test_values_that_are_no_hounsfield_units_are_refused(elements: dict[str, object], told: str) -> None:
    slices = ct_series(HU)
    for keyword, value in elements.items():
        setattr(slices[2], keyword, value)
    error = refusal(slices)
    assert error.reason == "NOT_HOUNSFIELD"
    assert "Instance 3" in error.message
    assert told in error.message


def test_a_slice_without_rescale_is_refused() -> None:
    slices = ct_series(HU)
    del slices[1].RescaleIntercept
    assert refusal(slices).reason == "NOT_HOUNSFIELD"


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("PhotometricInterpretation", "MONOCHROME1"),
        ("SamplesPerPixel", 3),
        ("BitsAllocated", 32),
        ("Rows", 0),
    ],
)
def test_pixels_of_another_kind_are_refused(keyword: str, value: object) -> None:
    slices = ct_series(HU)
    setattr(slices[0], keyword, value)
    assert refusal(slices).reason == "PIXELS_UNSUPPORTED"


def test_an_unknown_compression_is_refused_by_its_name() -> None:
    files = [file_bytes(one, RLELossless) for one in ct_series(HU)]
    # MPEG2, of the same length as RLE's with the padding.
    files = [content.replace(b"1.2.840.10008.1.2.5\0", b"1.2.840.10008.1.2.9\0") for content in files]
    assert refusal(files).reason == "PIXELS_UNSUPPORTED"


@pytest.mark.parametrize("syntax", [JPEG2000Lossless, JPEGLossless, RLELossless])
def test_damaged_compressed_pixels_are_refused_by_instance(syntax: UID) -> None:
    files = [file_bytes(one, syntax) for one in ct_series(HU)]
    begin = files[2].index(b"\xe0\x7f\x10\x00") + 40
    files[2] = files[2][:begin] + bytes(len(files[2]) - begin - 8) + files[2][-8:]
    error = refusal(files)
    assert error.reason == "FILE_UNREADABLE"
    assert "Instance 3" in error.message


@pytest.mark.parametrize("syntax", [JPEG2000Lossless, JPEGLossless])
def test_a_frame_that_claims_another_size_is_refused_before_it_is_decoded(syntax: UID) -> None:
    files = [file_bytes(one, syntax) for one in ct_series(HU)]
    if syntax == JPEGLossless:
        begin = files[0].index(b"\xff\xc3") + 5
        huge = b"\xff\xff\xff\xff"
    else:
        begin = files[0].index(b"\xff\x4f\xff\x51") + 8
        huge = b"\x00\x01\x00\x00\x00\x01\x00\x00"
    files[0] = files[0][:begin] + huge + files[0][begin + len(huge) :]
    assert refusal(files).reason == "FILE_UNREADABLE"


def test_it_is_told_that_pixels_were_once_compressed_with_a_loss() -> None:
    slices = ct_series(HU, LossyImageCompression="01")
    image = open_ct([file_bytes(one, JPEG2000Lossless) for one in slices], LIMITS)
    assert image.making.lossy


def test_rle_that_makes_its_decoder_panic_is_refused() -> None:
    files = [file_bytes(one, RLELossless) for one in ct_series(HU)]
    begin = files[0].index(b"\xe0\x7f\x10\x00")
    # Behind the offset table and the RLE header of 64 bytes: copy the next byte 128 times, for ever.
    segments = files[0].index(b"\x02\x00\x00\x00\x40\x00\x00\x00", begin) + 64
    files[0] = files[0][:segments] + b"\x81\x07" * ((len(files[0]) - 8 - segments) // 2) + files[0][-8:]
    assert refusal(files).reason == "FILE_UNREADABLE"
