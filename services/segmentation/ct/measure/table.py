"""`hu_statistics.csv`: one line for each tissue of each slice.

slice_index         from 0, in the order of the study's volume as the masks have it; `slice` of the typed
                    result counts the same from 1
instance_number     of DICOM; empty where a slice has none, or two share one
z_mm                of the slice at the spine, in the patient's frame
l3_height_mm        of the body of L3 that the slice stands for
headline            1 for the slice nearest to the body's centre, else 0
tissue              muscle_compartment and psoas_compartment: all within the outlines, whatever its HU
window_low_hu,      both included; empty for the compartments, which have no window
window_high_hu
pixels, area_mm2
mean_hu, sd_hu,     sd_hu is that of a sample; all empty without pixels
min_hu, max_hu
lower_bound         1 where the field of view cuts some of it off, else 0
"""

import csv
import io

from services.segmentation.ct.measure.figures import Figures
from services.segmentation.ct.measure.result import L3Measurement, SliceMeasurement
from services.segmentation.ct.measure.tissues import Tissue, Window

COLUMNS = (
    *("slice_index", "instance_number", "z_mm", "l3_height_mm", "headline", "tissue"),
    *("window_low_hu", "window_high_hu", "pixels", "area_mm2", "mean_hu", "sd_hu", "min_hu", "max_hu"),
    "lower_bound",
)

MUSCLE_COMPARTMENT = "muscle_compartment"
PSOAS_COMPARTMENT = "psoas_compartment"


def statistics_csv(measurement: L3Measurement) -> bytes:
    """The table, UTF-8 with a line of column names; numbers with a point, lines end with LF."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in measurement.slices:
        headline = one.place.index == measurement.headline.place.index
        for name, window, figures, lower_bound in _rows(one, measurement):
            writer.writerow(
                [
                    *(one.place.index, "" if one.instance is None else one.instance),
                    *(f"{one.place.z_mm:.3f}", f"{one.place.height_mm:.3f}", int(headline), name),
                    *(("", "") if window is None else (window.low_hu, window.high_hu)),
                    *(figures.pixels, f"{figures.area_mm2:.3f}"),
                    *(_number(value) for value in (figures.mean_hu, figures.sd_hu)),
                    *("" if value is None else value for value in (figures.min_hu, figures.max_hu)),
                    int(lower_bound),
                ]
            )
    return text.getvalue().encode()


def _rows(
    one: SliceMeasurement, measurement: L3Measurement
) -> list[tuple[str, Window | None, Figures, bool]]:
    windows = measurement.options.windows
    return [
        *(
            (tissue.value, windows.of(tissue), one.tissues[tissue], one.is_lower_bound(tissue))
            for tissue in Tissue
        ),
        (MUSCLE_COMPARTMENT, None, one.muscle_compartment, one.is_lower_bound(Tissue.SKELETAL_MUSCLE)),
        (PSOAS_COMPARTMENT, None, one.psoas_compartment, one.is_lower_bound(Tissue.PSOAS)),
    ]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
