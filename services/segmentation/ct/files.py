"""The files of pipeline ct-l3, described once. Light: the service's parent process reads it."""

from collections.abc import Mapping
from dataclasses import dataclass

from radmesh.formats import NIFTI_GZIP

PNG = "image/png"
CSV, JSON = "text/csv", "application/json"
SAGITTAL, L3_MASK, L3_OVERLAY = "sagittal.png", "l3_mask.png", "l3_overlay.png"


@dataclass(frozen=True)
class ArtifactFile:
    """One file as the catalogue describes it."""

    file_name: str
    media_type: str
    description: str


STATISTICS = ArtifactFile(
    "hu_statistics.csv", CSV, "Area and Hounsfield statistics of each tissue in each slice of L3."
)
RESULT = ArtifactFile("result.json", JSON, "All figures, with windows, sources and warnings.")
COMPARTMENTS = ArtifactFile(
    "compartments.nii.gz",
    NIFTI_GZIP,
    "On the study's grid: 1 wall muscle, 2 psoas, 3 cavity, 4 subcutaneous, 5 bone and canal.",
)
TISSUES = ArtifactFile(
    "tissues.nii.gz",
    NIFTI_GZIP,
    "On the study's grid: 1 muscle without psoas, 2 psoas, 3 subcutaneous, 4 visceral, 5 intermuscular fat.",
)
COMBINED = ArtifactFile("overlay_combined.png", PNG, "The middle slice of L3 with all tissues tinted.")
OVERLAYS: Mapping[str, ArtifactFile] = {
    tissue: ArtifactFile(
        f"overlay_{tissue}.png", PNG, f"The middle slice of L3 with its {tissue.replace('_', ' ')} tinted."
    )
    for tissue in ("skeletal_muscle", "psoas", "subcutaneous_fat", "visceral_fat", "intermuscular_fat")
}
"""By the value of a Tissue."""

LOCATED = (
    ArtifactFile(SAGITTAL, PNG, "The plane through the curved middle of the spine, 8-bit grey."),
    ArtifactFile(L3_MASK, PNG, "L3 on that plane: 255 is L3, 0 is not; of exactly the same size."),
    ArtifactFile(L3_OVERLAY, PNG, "The plane with its vertebrae named and the slices of L3 marked."),
)
"""What stage 1 writes."""

USED_OVERLAY = ArtifactFile(
    "l3_used_overlay.png",
    PNG,
    "The plane with L3 as a person said it, where one did: what was measured instead of the model's.",
)
USED_MASK = ArtifactFile(
    "l3_used_mask.png", PNG, "L3 on that plane as a person drew it over sagittal.png, where one did."
)
USED = (USED_OVERLAY, USED_MASK)
"""What stage 2 writes where a person said where L3 is, as far as there is a plane to draw on."""

MEASURED = (STATISTICS, RESULT, COMPARTMENTS, TISSUES, COMBINED, *OVERLAYS.values())
"""What stage 2 always writes."""

ARTIFACTS = (*LOCATED, *USED, *MEASURED)
