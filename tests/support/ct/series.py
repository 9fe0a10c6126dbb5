"""A CT series as data sets: positions, pixels and what a scanner writes beside them."""

from collections.abc import Sequence

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
ROWS, COLUMNS = 32, 40
NAME = "Doe^Jane"
"""In every header, so that a test sees when it gets out."""


def hu_volume(slices: int, rows: int = ROWS, columns: int = COLUMNS, seed: int = 1) -> np.ndarray:
    """Noise between air and metal: int16 (slices, rows, columns)."""
    return np.random.default_rng(seed).integers(-1024, 3072, (slices, rows, columns)).astype(np.int16)


def ct_series(
    hu: np.ndarray,
    *,
    step_mm: float = 2.5,
    orientation: Sequence[float] = AXIAL,
    origin: Sequence[float] = (-120.5, -80.25, 40.0),
    spacing: tuple[float, float] = (0.7, 0.8),
    signed: bool = False,
    intercept: int = -1024,
    slope: float = 1,
    **elements: object,
) -> list[Dataset]:
    """One data set a slice, in the order along the normal, instances numbered from 1.

    elements: more of them by keyword, the same in all slices.
    """
    along_row, along_column = np.array(orientation[:3]), np.array(orientation[3:])
    normal = np.cross(along_row, along_column)
    study, series, frame = (generate_uid(entropy_srcs=[what]) for what in ("study", "series", "frame"))
    data_sets = []
    for index, plane in enumerate(hu):
        one = Dataset()
        one.SOPClassUID, one.SOPInstanceUID = CTImageStorage, generate_uid(entropy_srcs=[f"slice {index}"])
        one.StudyInstanceUID, one.SeriesInstanceUID, one.FrameOfReferenceUID = study, series, frame
        one.Modality, one.ImageType = "CT", ["ORIGINAL", "PRIMARY", "AXIAL"]
        one.PatientName, one.PatientID, one.PatientSex, one.PatientSize = NAME, "4711", "F", "1.68"
        one.SeriesNumber, one.InstanceNumber, one.AcquisitionNumber = 3, index + 1, 1
        one.KVP, one.ConvolutionKernel, one.ContrastBolusAgent = "120", "Br38f", "Iodine"
        one.SliceThickness = 5
        one.ImageOrientationPatient = [f"{part:.10g}"[:16] for part in orientation]
        place = np.array(origin) + index * step_mm * normal
        one.ImagePositionPatient = [f"{part:.9g}"[:16] for part in place]
        one.PixelSpacing = list(spacing)
        one.RescaleSlope, one.RescaleIntercept, one.RescaleType = slope, intercept, "HU"
        set_pixels(one, np.rint((plane - intercept) / slope), signed=signed)
        for keyword, value in elements.items():
            setattr(one, keyword, value)
        data_sets.append(one)
    return data_sets


def set_pixels(one: Dataset, values: np.ndarray, *, signed: bool = False, bits: int = 16) -> None:
    """Gives a data set uncompressed pixels, and what describes them."""
    one.Rows, one.Columns = values.shape
    one.SamplesPerPixel, one.PhotometricInterpretation = 1, "MONOCHROME2"
    one.BitsAllocated, one.BitsStored, one.HighBit = 16, bits, bits - 1
    one.PixelRepresentation = int(signed)
    one.PixelData = values.astype("<i2" if signed else "<u2").tobytes()
    one["PixelData"].VR = "OW"
    one.file_meta = FileMetaDataset()
    one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    one.file_meta.MediaStorageSOPClassUID = one.SOPClassUID
    one.file_meta.MediaStorageSOPInstanceUID = one.SOPInstanceUID
