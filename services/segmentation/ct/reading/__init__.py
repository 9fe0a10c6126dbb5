"""Reads a CT: DICOM files in any order, an archive of them, or NIfTI, as a volume with geometry.

    image = open_ct(content)                   # headers alone; refuses what is no regular volume
    for hu in image.each(): ...                # slice by slice, one at a time in memory
    volume = image.read(120, 160)              # int16 (slices, rows, columns), in HU

`files` takes uploads apart, `dicom` makes slices of files, `series` judges whether they are one volume.
"""

from services.segmentation.ct.reading.axial import axial
from services.segmentation.ct.reading.dicom.datasets import header_data_set
from services.segmentation.ct.reading.dicom.slices import Making, Slice
from services.segmentation.ct.reading.files.content import Content
from services.segmentation.ct.reading.geometry import Geometry, Vector, upright
from services.segmentation.ct.reading.image import CtImage, Patient
from services.segmentation.ct.reading.limits import CtLimits
from services.segmentation.ct.reading.opening import open_ct
from services.segmentation.ct.reading.opening_steps import OpeningSteps
from services.segmentation.ct.reading.series.choice import LeftOut

__all__ = [
    "Content",
    "CtImage",
    "CtLimits",
    "Geometry",
    "LeftOut",
    "Making",
    "OpeningSteps",
    "Patient",
    "Slice",
    "Vector",
    "axial",
    "header_data_set",
    "open_ct",
    "upright",
]
