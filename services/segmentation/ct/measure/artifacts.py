"""The files of stage 2, by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from radmesh import formats
from services.segmentation.ct.measure.document import result_json
from services.segmentation.ct.measure.masks import nifti_bytes
from services.segmentation.ct.measure.overlay import overlay_picture
from services.segmentation.ct.measure.result import L3Measurement, MeasuredSlices
from services.segmentation.ct.measure.table import statistics_csv
from services.segmentation.ct.measure.tissues import Tissue
from services.segmentation.pictures.png import png_bytes

PNG, NIFTI, CSV, JSON = "image/png", formats.NIFTI_GZIP, "text/csv", "application/json"
_COMPRESSION = 4


@dataclass(frozen=True)
class MeasureArtifact:
    """One file as a catalogue describes it."""

    file_name: str
    media_type: str
    description: str


STATISTICS = MeasureArtifact(
    "hu_statistics.csv", CSV, "Area and Hounsfield statistics of each tissue in each slice of L3."
)
RESULT = MeasureArtifact("result.json", JSON, "All figures, with windows, sources and warnings.")
COMPARTMENTS_FILE = MeasureArtifact(
    "compartments.nii.gz",
    NIFTI,
    "On the study's grid: 1 wall muscle, 2 psoas, 3 cavity, 4 subcutaneous, 5 bone and canal.",
)
TISSUES_FILE = MeasureArtifact(
    "tissues.nii.gz",
    NIFTI,
    "On the study's grid: 1 muscle without psoas, 2 psoas, 3 subcutaneous, 4 visceral, 5 intermuscular fat.",
)
COMBINED = MeasureArtifact("overlay_combined.png", PNG, "The middle slice of L3 with all tissues tinted.")
OVERLAYS: Mapping[Tissue, MeasureArtifact] = {
    tissue: MeasureArtifact(
        f"overlay_{tissue.value}.png",
        PNG,
        f"The middle slice of L3 with its {tissue.value.replace('_', ' ')} tinted.",
    )
    for tissue in Tissue
}
ARTIFACTS = (STATISTICS, RESULT, COMPARTMENTS_FILE, TISSUES_FILE, COMBINED, *OVERLAYS.values())


def measure_files(
    measurement: L3Measurement,
    pixels: MeasuredSlices,
    made_by: Mapping[str, str],
    report: Callable[[int, int], None] = lambda done, total: None,
) -> list[tuple[MeasureArtifact, bytes]]:
    """Every artifact with its content. report: as of measure_l3, in files. made_by: as of result_json."""

    def overlay(tissue: Tissue | None) -> bytes:
        return png_bytes(overlay_picture(measurement, pixels, tissue), compress_level=_COMPRESSION)

    def mask(which: str) -> bytes:
        return nifti_bytes(
            getattr(pixels, which), pixels.first, pixels.geometry, stored_axes=pixels.stored_axes
        )

    makers: list[tuple[MeasureArtifact, Callable[[], bytes]]] = [
        (STATISTICS, lambda: statistics_csv(measurement)),
        (RESULT, lambda: result_json(measurement, made_by)),
        (COMPARTMENTS_FILE, lambda: mask("compartments")),
        (TISSUES_FILE, lambda: mask("tissues")),
        (COMBINED, lambda: overlay(None)),
        *((OVERLAYS[tissue], lambda tissue=tissue: overlay(tissue)) for tissue in Tissue),
    ]
    files = []
    for number, (artifact, make) in enumerate(makers):
        report(number, len(makers))
        files.append((artifact, make()))
    report(len(makers), len(makers))
    return files
