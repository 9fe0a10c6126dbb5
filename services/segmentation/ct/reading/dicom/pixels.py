"""Reads the pixels of one slice after the other: uncompressed ones where they lie, others decoded."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from services.segmentation.ct.reading.dicom.decoding import decoded
from services.segmentation.ct.reading.dicom.fragments import Frame, find_frames
from services.segmentation.ct.reading.dicom.header import Header, data_set
from services.segmentation.ct.reading.dicom.slices import Slice
from services.segmentation.ct.reading.files.resident import Resident
from services.segmentation.ct.reading.hounsfield import stored_values, to_hounsfield
from services.segmentation.ct.reading.limits import CtLimits
from services.segmentation.ct.reading.refusals import damaged
from services.segmentation.hostile import PARSER_FAULTS

_UNDECODABLE = (*PARSER_FAULTS, OSError)
"""What pydicom's decoders and the libraries behind them raise on hostile bytes."""


class DicomPlanes:
    """The planes of slices in order. Keeps the last file open; not for several threads at once."""

    def __init__(self, slices: Sequence[Slice], limits: CtLimits) -> None:
        self._slices = slices
        self._limits = limits
        self._resident = Resident()
        self._file: tuple[Header, memoryview, list[Frame]] | None = None

    def read(self, index: int, out: np.ndarray) -> None:
        """Fills `out`, int16 (rows, columns), with the HU of a slice.

        Raises ImageFormatError FILE_UNREADABLE, PIXELS_UNSUPPORTED; ExhaustedError DISK_FULL.
        """
        one = self._slices[index]
        try:
            values = self._values(one)
        except _UNDECODABLE:
            raise damaged(str(one.name)) from None
        to_hounsfield(values, one.slope, one.intercept, out)
        if self._file is not None:
            self._resident.touch(self._file[1], one.form.plane_bytes)
            self._resident.touch(one.header.member.source, one.form.plane_bytes)

    def _values(self, one: Slice) -> np.ndarray:
        view, frames = self._opened(one.header)
        form, pixels = one.form, one.header.pixels
        assert pixels is not None
        if pixels.length is None:
            values = decoded(one, b"".join(view[begin:end] for begin, end in frames[one.frame]))
        else:
            begin = pixels.start + one.frame * form.plane_bytes
            if begin + form.plane_bytes > min(len(view), pixels.start + pixels.length):
                raise damaged(str(one.name))
            values = np.frombuffer(view, _kind(one), form.rows * form.columns, begin)
            values = values.reshape(form.rows, form.columns)
            values = values.astype(values.dtype.newbyteorder("="), copy=False)
        return stored_values(values, form.bits_stored, form.high_bit)

    def _opened(self, header: Header) -> tuple[memoryview, list[Frame]]:
        if self._file is None or self._file[0] is not header:
            view = data_set(header.member, header.beginning, self._limits)
            frames: list[Frame] = []
            if header.pixels is not None and header.pixels.length is None:
                table = header.values.elements.get("ExtendedOffsetTable", b"")
                frames = find_frames(view, header.pixels.start, header.frames, table)
            self._file = header, view, frames
        return self._file[1:]


def _kind(one: Slice) -> np.dtype[Any]:
    order = ">" if one.header.values.coding.big_endian else "<"
    return np.dtype(f"{order}{'i' if one.form.signed else 'u'}{one.form.bits_allocated // 8}")
