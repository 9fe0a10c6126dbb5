"""Stage 2 of ct-l3: how much muscle and fat there is at L3, and how dense it is.

    measurement, pixels = measure_l3(image, extent, network, MeasureOptions())
    files = measure_files(measurement, pixels, Origin())

The network outlines compartments, Hounsfield windows decide what is muscle and what is fat within them. No
gRPC, no torch: the network is given as a function.
"""

from services.segmentation.ct.measure.artifacts import measure_files
from services.segmentation.ct.measure.body import Body, Sex, Source
from services.segmentation.ct.measure.cutoffs import Comparison, Cutoff, Quantity
from services.segmentation.ct.measure.document import Origin
from services.segmentation.ct.measure.extent import CoveredSlice, L3Extent
from services.segmentation.ct.measure.figures import Figures, VolumeFigures
from services.segmentation.ct.measure.measuring import measure_l3
from services.segmentation.ct.measure.options import MeasureOptions
from services.segmentation.ct.measure.plane import Network, scores_of
from services.segmentation.ct.measure.result import (
    L3Measurement,
    MeasuredSlices,
    MeasureWarning,
    SliceMeasurement,
    WarningKind,
)
from services.segmentation.ct.measure.tissues import (
    VISCERAL_FAT_VARIANT,
    Compartment,
    Tissue,
    TissueLabel,
    Window,
    Windows,
)

__all__ = [
    "VISCERAL_FAT_VARIANT",
    "Body",
    "Comparison",
    "Compartment",
    "CoveredSlice",
    "Cutoff",
    "Figures",
    "L3Extent",
    "L3Measurement",
    "MeasureOptions",
    "MeasureWarning",
    "MeasuredSlices",
    "Network",
    "Origin",
    "Quantity",
    "Sex",
    "SliceMeasurement",
    "Source",
    "Tissue",
    "TissueLabel",
    "VolumeFigures",
    "WarningKind",
    "Window",
    "Windows",
    "measure_files",
    "measure_l3",
    "scores_of",
]
