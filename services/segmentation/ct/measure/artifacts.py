"""The files of stage 2, by name."""

from collections.abc import Callable

from services.segmentation.ct import files
from services.segmentation.ct.measure.document import Origin, result_json
from services.segmentation.ct.measure.masks import nifti_bytes
from services.segmentation.ct.measure.overlay import overlay_picture
from services.segmentation.ct.measure.result import L3Measurement, MeasuredSlices
from services.segmentation.ct.measure.table import statistics_csv
from services.segmentation.ct.measure.tissues import Tissue
from services.segmentation.pictures.png import png_bytes

_COMPRESSION = 4


def measure_files(
    measurement: L3Measurement,
    pixels: MeasuredSlices,
    origin: Origin,
    report: Callable[[int, int], None] = lambda done, total: None,
) -> list[tuple[files.ArtifactFile, bytes]]:
    """Every artifact with its content. report: as of measure_l3, in files. origin: as of result_json."""

    def overlay(tissue: Tissue | None) -> bytes:
        return png_bytes(overlay_picture(measurement, pixels, tissue), compress_level=_COMPRESSION)

    def mask(which: str) -> bytes:
        return nifti_bytes(
            getattr(pixels, which), pixels.first, pixels.geometry, stored_axes=pixels.stored_axes
        )

    makers: list[tuple[files.ArtifactFile, Callable[[], bytes]]] = [
        (files.STATISTICS, lambda: statistics_csv(measurement)),
        (files.RESULT, lambda: result_json(measurement, origin)),
        (files.COMPARTMENTS, lambda: mask("compartments")),
        (files.TISSUES, lambda: mask("tissues")),
        (files.COMBINED, lambda: overlay(None)),
        *((files.OVERLAYS[tissue.value], lambda tissue=tissue: overlay(tissue)) for tissue in Tissue),
    ]
    written = []
    for number, (artifact, make) in enumerate(makers):
        report(number, len(makers))
        written.append((artifact, make()))
    report(len(makers), len(makers))
    return written
