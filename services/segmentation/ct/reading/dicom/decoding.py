"""Decodes one compressed frame, and says beforehand whether there is a decoder."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from pydicom.encaps import encapsulate
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import UID, JPEGLSLossless, JPEGLSNearLossless

from services.segmentation.ct.reading.dicom.codestreams import declared_size
from services.segmentation.ct.reading.dicom.quietly import quietly
from services.segmentation.ct.reading.dicom.slices import PixelForm, Slice
from services.segmentation.ct.reading.dicom.values import shown
from services.segmentation.ct.reading.refusals import damaged, refused

_RUST_PANIC = "pyo3_runtime"


@dataclass(frozen=True)
class _Decoder:
    """pydicom's decoder of a transfer syntax, and the library that it is to use."""

    syntax: UID
    # pydicom types the options of its decoders as one dictionary.
    pydicom: Any
    library: str


@cache
def _decoder_of(transfer_syntax: str) -> _Decoder:
    """One library for each syntax: which others are installed must not decide what is read.

    CharLS (pyjpegls) decodes JPEG-LS in a quarter of the time that pylibjpeg takes. Raises
    NotImplementedError where there is none.
    """
    syntax = UID(transfer_syntax)
    jpeg_ls = syntax in (JPEGLSLossless, JPEGLSNearLossless)
    return _Decoder(syntax, get_decoder(syntax), "pyjpegls" if jpeg_ls else "pylibjpeg")


def decoded(one: Slice, frame: bytes) -> np.ndarray:
    """The stored values of a frame: (rows, columns), 8 or 16 bits, signed as the slice says.

    Raises ImageFormatError FILE_UNREADABLE where the frame claims another size than the slice, and what
    pydicom and the libraries behind it raise.
    """
    form = one.form
    if declared_size(frame) not in (None, (form.rows, form.columns)):
        raise damaged(str(one.name))
    with quietly():
        try:
            return _values(form, frame)
        except BaseException as error:
            # pylibjpeg-rle is Rust, whose panics are made to be no Exception: they would end the process.
            if type(error).__module__ != _RUST_PANIC:
                raise
            raise ValueError("the decoder gave up") from None


def _values(form: PixelForm, frame: bytes) -> np.ndarray:
    decoder = _decoder_of(form.transfer_syntax)
    values: np.ndarray = decoder.pydicom.as_array(
        encapsulate([frame], has_bot=False),
        index=0,
        raw=True,
        decoding_plugin=decoder.library,
        transfer_syntax_uid=decoder.syntax,
        rows=form.rows,
        columns=form.columns,
        number_of_frames=1,
        samples_per_pixel=1,
        photometric_interpretation="MONOCHROME2",
        pixel_representation=int(form.signed),
        bits_allocated=form.bits_allocated,
        bits_stored=form.bits_stored,
        pixel_keyword="PixelData",
    )[0]
    return values


def check_compression(slices: Sequence[Slice]) -> None:
    """Raises ImageFormatError PIXELS_UNSUPPORTED where slices are compressed in a way that has no decoder."""
    for syntax in {one.form.transfer_syntax for one in slices}:
        with quietly():
            name = shown(UID(syntax).name)
            known = _is_known(syntax)
        if not known:
            raise refused(
                f"The slices are compressed in a way that is not supported ({name}). Send them uncompressed.",
                reason="PIXELS_UNSUPPORTED",
                transfer_syntax=shown(syntax),
            )


def _is_known(transfer_syntax: str) -> bool:
    try:
        return bool(_decoder_of(transfer_syntax).pydicom.is_available)
    except NotImplementedError:
        return False
