"""The same series as one multi-frame object, as newer scanners and archives write it."""

from collections.abc import Sequence

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import EnhancedCTImageStorage, generate_uid


def enhanced_ct(slices: Sequence[Dataset]) -> Dataset:
    """One Enhanced CT of classic slices, its frames in their order."""
    first = slices[0]
    one = Dataset()
    one.file_meta = first.file_meta
    one.SOPClassUID, one.SOPInstanceUID = EnhancedCTImageStorage, generate_uid(entropy_srcs=["enhanced"])
    one.file_meta.MediaStorageSOPClassUID = one.SOPClassUID
    one.file_meta.MediaStorageSOPInstanceUID = one.SOPInstanceUID
    for keyword in (
        *("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID", "Modality", "ImageType"),
        *("PatientName", "PatientID", "PatientSex", "PatientSize", "SeriesNumber", "InstanceNumber"),
        *("Rows", "Columns", "SamplesPerPixel", "PhotometricInterpretation"),
        *("BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation"),
    ):
        setattr(one, keyword, first[keyword].value)
    one.NumberOfFrames = len(slices)
    agent = Dataset()
    agent.CodeMeaning = first.ContrastBolusAgent
    one.ContrastBolusAgentSequence = Items([agent])
    shared = Dataset()
    shared.PlaneOrientationSequence = _item(ImageOrientationPatient=first.ImageOrientationPatient)
    shared.PixelMeasuresSequence = _item(PixelSpacing=first.PixelSpacing, SliceThickness=first.SliceThickness)
    shared.CTReconstructionSequence = _item(ConvolutionKernel=first.ConvolutionKernel)
    shared.CTXRayDetailsSequence = _item(KVP=float(first.KVP))
    shared.ContrastBolusUsageSequence = _item(
        ContrastBolusAgentNumber=1, ContrastBolusAgentAdministered="YES"
    )
    one.SharedFunctionalGroupsSequence = Items([shared])
    one.PerFrameFunctionalGroupsSequence = Items([_frame(each) for each in slices])
    one.PixelData = b"".join(each.PixelData for each in slices)
    one["PixelData"].VR = "OW"
    return one


def _frame(one: Dataset) -> Dataset:
    frame = Dataset()
    frame.PlanePositionSequence = _item(ImagePositionPatient=one.ImagePositionPatient)
    frame.PixelValueTransformationSequence = _item(
        RescaleSlope=one.RescaleSlope, RescaleIntercept=one.RescaleIntercept, RescaleType="HU"
    )
    frame.FrameContentSequence = _item(FrameAcquisitionNumber=one.AcquisitionNumber)
    frame.CTImageFrameTypeSequence = _item(FrameType=one.ImageType)
    return frame


def _item(**elements: object) -> Items:
    item = Dataset()
    for keyword, value in elements.items():
        setattr(item, keyword, value)
    return Items([item])
