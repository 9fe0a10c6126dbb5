"""Data sets as the bytes of files, in every transfer syntax that can be written here."""

import copy
import io
from collections.abc import Callable

import numpy as np
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from tests.support.ct.jpeg_lossless import jpeg_lossless

LOSSLESS = (
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
    RLELossless,
    JPEG2000Lossless,
    JPEGLSLossless,
    JPEGLossless,
    JPEGLosslessSV1,
)


def file_bytes(data_set: Dataset, syntax: UID = ExplicitVRLittleEndian) -> bytes:
    """The file of a data set with uncompressed pixels, which is not changed."""
    if syntax == ExplicitVRLittleEndian:
        return written(data_set, syntax)
    one = copy.deepcopy(data_set)
    if syntax in (JPEGLossless, JPEGLosslessSV1):
        _compress_with(one, lambda values: jpeg_lossless(values, one.BitsStored))
    elif syntax.is_compressed and syntax != DeflatedExplicitVRLittleEndian:
        one.compress(syntax, generate_instance_uid=False)
    elif syntax == ExplicitVRBigEndian:
        one.PixelData = np.frombuffer(one.PixelData, "<u2").astype(">u2").tobytes()
    one.file_meta.TransferSyntaxUID = syntax
    return written(one, syntax)


def written(one: Dataset, syntax: UID) -> bytes:
    """The file of a data set whose pixels are already as the syntax wants them."""
    file = io.BytesIO()
    one.save_as(
        file,
        enforce_file_format=True,
        implicit_vr=syntax.is_implicit_VR,
        little_endian=syntax.is_little_endian,
    )
    return file.getvalue()


def frames_of(data_set: Dataset) -> list[np.ndarray]:
    """The stored values of each frame, as unsigned numbers of the stored bits."""
    values = np.frombuffer(data_set.PixelData, "<u2") & ((1 << data_set.BitsStored) - 1)
    shape = (int(data_set.get("NumberOfFrames", 1)), data_set.Rows, data_set.Columns)
    return list(values.reshape(shape))


def _compress_with(one: Dataset, encode: Callable[[np.ndarray], bytes]) -> None:
    one.PixelData = encapsulate([encode(values) for values in frames_of(one)])
    one["PixelData"].VR = "OB"
    one["PixelData"].is_undefined_length = True
