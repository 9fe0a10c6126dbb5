"""Write a phantom as the files of a CT series.

python -m training.phantoms.dicom FOLDER --seed 7 --rows 256 --low -120 --high 120
"""

import argparse
from pathlib import Path

import numpy as np
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian, generate_uid

from training.phantoms.render import Phantom, draw_phantom
from training.phantoms.volume import Grid, Slice, draw_slices, grid_of

_STUDY_DATE, _STUDY_TIME = "20240131", "101500"


def write_study(
    folder: Path, phantom: Phantom, grid: Grid, patient: str = "PHANTOM", feet_first: bool = False
) -> list[Path]:
    """One file a slice in folder; the paths from foot to head.

    The file names say nothing about the order. feet_first: slices are numbered from the other end.
    """
    folder.mkdir(parents=True, exist_ok=True)
    count = len(grid.heights)
    order = np.random.default_rng([phantom.scan.seed, 51]).permutation(count)
    paths = []
    for index, one in enumerate(draw_slices(phantom, grid)):
        number = index + 1 if feet_first else count - index
        path = folder / f"IM{order[index]:05d}.dcm"
        dataset = _dataset(phantom, grid, one, number, patient)
        dataset.PatientPosition = "FFS" if feet_first else "HFS"
        dataset.save_as(path, enforce_file_format=True)
        paths.append(path)
    return paths


def _uid(*parts: object) -> UID:
    """The same UID for the same phantom, so that it can be sent again."""
    return generate_uid(entropy_srcs=[str(part) for part in ("radmesh phantom", *parts)])


def _dataset(phantom: Phantom, grid: Grid, one: Slice, number: int, patient: str) -> FileDataset:
    seed, scan = phantom.scan.seed, phantom.scan
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = _uid(seed, patient, "instance", number)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SOPClassUID, ds.SOPInstanceUID = CTImageStorage, meta.MediaStorageSOPInstanceUID
    ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    ds.StudyInstanceUID, ds.SeriesInstanceUID = _uid(seed, patient, "study"), _uid(seed, patient, "series")
    ds.FrameOfReferenceUID, ds.PositionReferenceIndicator = _uid(seed, patient, "frame"), ""
    ds.StudyDate = ds.SeriesDate = ds.AcquisitionDate = ds.ContentDate = _STUDY_DATE
    ds.StudyTime = ds.SeriesTime = ds.AcquisitionTime = ds.ContentTime = _STUDY_TIME
    ds.Modality, ds.Manufacturer, ds.ManufacturerModelName = "CT", "Radmesh", "Phantom"
    ds.PatientName, ds.PatientID = f"{patient}^{seed:06d}", f"{patient}-{seed:06d}"
    ds.PatientBirthDate, ds.PatientSex, ds.PatientSize = "", "O", f"{1.70 * phantom.scene.skeleton:.2f}"
    ds.AccessionNumber = ds.ReferringPhysicianName = ds.StudyID = ""
    ds.StudyDescription, ds.SeriesDescription = "Drawn phantom, no patient", f"CT {scan.thickness_mm:.1f} mm"
    ds.SeriesNumber, ds.AcquisitionNumber, ds.InstanceNumber = 2, 1, number
    ds.BodyPartExamined, ds.KVP, ds.XRayTubeCurrent = "ABDOMEN", "120", "200"
    ds.ConvolutionKernel = "SHARP" if scan.sharpening else "SOFT"
    ds.SliceThickness, ds.PixelSpacing = f"{scan.thickness_mm:.4f}", [f"{grid.pixel_mm:.6f}"] * 2
    x, y = grid.corner(phantom)
    ds.ImagePositionPatient = [f"{x:.4f}", f"{y:.4f}", f"{one.z:.4f}"]
    ds.ImageOrientationPatient = ["1", "0", "0", "0", "1", "0"]
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows, ds.Columns = one.hu.shape
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.RescaleSlope, ds.RescaleIntercept, ds.RescaleType = "1", "-1024", "HU"
    ds.WindowCenter, ds.WindowWidth = "40", "400"
    ds.PixelData = (one.hu.astype(np.int32) + 1024).astype("<u2").tobytes()
    return ds


def main() -> None:
    """Write the phantom that the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--second", action="store_true", help="by the second renderer")
    parser.add_argument("--rows", type=int, default=512)
    parser.add_argument(
        "--low", type=float, default=-150.0, help="mm below the centre of L3, as a negative number"
    )
    parser.add_argument("--high", type=float, default=150.0)
    parser.add_argument("--feet-first", action="store_true")
    arguments = parser.parse_args()
    if arguments.second:
        from training.phantoms.second.scene import draw_second_phantom as draw
    else:
        draw = draw_phantom
    phantom = draw(arguments.seed)
    grid = grid_of(phantom, arguments.low, arguments.high, arguments.rows)
    paths = write_study(arguments.folder, phantom, grid, feet_first=arguments.feet_first)
    print(f"{len(paths)} slices of {grid.rows} x {grid.rows} in {arguments.folder}")


if __name__ == "__main__":
    main()
