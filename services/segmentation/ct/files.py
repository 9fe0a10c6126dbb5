"""The files of pipeline ct-l3 as the catalogue lists them. Light: the service's parent process reads it."""

from dataclasses import dataclass

from radmesh.formats import NIFTI_GZIP

PNG = "image/png"
CSV, JSON = "text/csv", "application/json"
SAGITTAL, L3_MASK, L3_OVERLAY = "sagittal.png", "l3_mask.png", "l3_overlay.png"
_TISSUES = ("skeletal_muscle", "psoas", "subcutaneous_fat", "visceral_fat", "intermuscular_fat")


@dataclass(frozen=True)
class ArtifactFile:
    """One file. stage: the one that writes it."""

    file_name: str
    media_type: str
    description: str
    stage: int = 2


ARTIFACTS = (
    ArtifactFile(SAGITTAL, PNG, "The plane through the curved middle of the spine, 8-bit grey.", 1),
    ArtifactFile(L3_MASK, PNG, "L3 on that plane: 255 is L3, 0 is not; of exactly the same size.", 1),
    ArtifactFile(L3_OVERLAY, PNG, "The plane with its vertebrae named and the slices of L3 marked.", 1),
    ArtifactFile("hu_statistics.csv", CSV, "Area and Hounsfield units of each tissue in each slice of L3."),
    ArtifactFile("result.json", JSON, "All figures, with windows, sources and warnings."),
    ArtifactFile(
        "compartments.nii.gz",
        NIFTI_GZIP,
        "On the study's grid: 1 wall muscle, 2 psoas, 3 cavity, 4 subcutaneous, 5 bone and canal.",
    ),
    ArtifactFile(
        "tissues.nii.gz",
        NIFTI_GZIP,
        "On the study's grid: 1 muscle but psoas, 2 psoas, 3 subcutaneous, 4 visceral, 5 intermuscular fat.",
    ),
    ArtifactFile("overlay_combined.png", PNG, "The middle slice of L3 with all tissues tinted."),
    *(
        ArtifactFile(f"overlay_{name}.png", PNG, f"The same with its {name.replace('_', ' ')} tinted.")
        for name in _TISSUES
    ),
)
