"""A measurement at L3 as the typed result of the pipeline."""

from collections.abc import Sequence

from radmesh.segmentation.v1 import ct_l3_pb2, ct_location_pb2, ct_tissue_pb2
from services.segmentation.ct.measure.body import Body, Source
from services.segmentation.ct.measure.cutoffs import Comparison
from services.segmentation.ct.measure.figures import Figures
from services.segmentation.ct.measure.result import L3Measurement, MeasureWarning, SliceMeasurement
from services.segmentation.ct.measure.tissues import Tissue, Windows
from services.segmentation.ct.reading import CtImage

MOST_SLICES = 200
"""A result has at most 256 KiB; a slice takes some 400 bytes."""

_SOURCES = {
    None: ct_l3_pb2.CT_SOURCE_UNSPECIFIED,
    Source.PARAMETER: ct_l3_pb2.CT_SOURCE_PARAMETER,
    Source.DICOM: ct_l3_pb2.CT_SOURCE_DICOM,
}


def add_measurement(result: ct_l3_pb2.CtL3Result, measurement: L3Measurement) -> None:
    """Puts the figures into a result."""
    result.headline.CopyFrom(_slice(measurement.headline))
    result.slices.extend(_slice(one) for one in _around(measurement.slices, measurement.headline))
    for tissue, volume in measurement.volumes.items():
        found = getattr(result.volumes, tissue.value)
        found.volume_cm3 = volume.volume_cm3
        if volume.mean_hu is not None:
            found.mean_hu = volume.mean_hu
    for tissue, index in measurement.indices_cm2_m2.items():
        setattr(result.indices, f"{tissue.value}_cm2_m2", index)
    result.body.CopyFrom(_body(measurement.body))
    result.cutoffs.extend(_cutoff(one) for one in measurement.comparisons)
    result.warnings.extend(warning_message(one) for one in measurement.warnings)
    result.windows.CopyFrom(_windows(measurement.options.windows))


def warning_message(warning: MeasureWarning) -> ct_location_pb2.CtWarning:
    """A warning."""
    return ct_location_pb2.CtWarning(
        kind=warning.kind.value, message=warning.message, numbers=warning.numbers
    )


def acquisition_of(image: CtImage) -> ct_l3_pb2.CtAcquisition:
    """How the study was scanned."""
    making, geometry = image.making, image.geometry
    step, rows, columns = geometry.spacing_mm
    return ct_l3_pb2.CtAcquisition(
        contrast_agent=making.contrast[:64],
        tube_kvp=making.kvp,
        kernel=making.kernel[:64],
        thickness_mm=making.thickness_mm,
        slice_step_mm=step,
        row_spacing_mm=rows,
        column_spacing_mm=columns,
        slices=geometry.shape[0],
        rows=geometry.shape[1],
        columns=geometry.shape[2],
    )


def _around(slices: Sequence[SliceMeasurement], headline: SliceMeasurement) -> Sequence[SliceMeasurement]:
    """At most MOST_SLICES, with the headline in the middle as far as that goes."""
    middle = slices.index(headline)
    first = max(0, min(middle - MOST_SLICES // 2, len(slices) - MOST_SLICES))
    return slices[first : first + MOST_SLICES]


def _slice(one: SliceMeasurement) -> ct_tissue_pb2.CtSliceMeasurement:
    found = ct_tissue_pb2.CtSliceMeasurement(
        slice=one.place.index + 1,
        instance_number=one.instance,
        z_mm=one.place.z_mm,
        height_mm=one.place.height_mm,
        muscle_compartment=_figures(one.muscle_compartment, one.field.cuts_all),
        psoas_compartment=_figures(one.psoas_compartment, one.field.cuts_all),
    )
    for tissue in Tissue:
        figures = _figures(one.tissues[tissue], one.is_lower_bound(tissue))
        getattr(found.tissues, tissue.value).CopyFrom(figures)
    return found


def _figures(figures: Figures, lower_bound: bool) -> ct_tissue_pb2.CtFigures:
    return ct_tissue_pb2.CtFigures(
        area_mm2=figures.area_mm2,
        pixels=figures.pixels,
        mean_hu=figures.mean_hu,
        sd_hu=figures.sd_hu,
        min_hu=figures.min_hu,
        max_hu=figures.max_hu,
        lower_bound=lower_bound,
    )


def _body(body: Body) -> ct_l3_pb2.CtBody:
    return ct_l3_pb2.CtBody(
        height_m=body.height_m,
        height_source=_SOURCES[body.height_source],
        weight_kg=body.weight_kg,
        weight_source=_SOURCES[body.weight_source],
        sex=body.sex.value if body.sex else "",
        sex_source=_SOURCES[body.sex_source],
        bmi_kg_m2=body.bmi,
    )


def _cutoff(one: Comparison) -> ct_l3_pb2.CtCutoff:
    publication = one.cutoff.publication
    return ct_l3_pb2.CtCutoff(
        quantity=one.cutoff.quantity.value,
        value=one.value,
        cutoff=one.cutoff.at,
        below=one.below,
        citation=publication.citation,
        doi=publication.doi,
        people=publication.people,
    )


def _windows(windows: Windows) -> ct_l3_pb2.CtWindows:
    def window(tissue: Tissue) -> ct_l3_pb2.CtWindow:
        found = windows.of(tissue)
        return ct_l3_pb2.CtWindow(low_hu=found.low_hu, high_hu=found.high_hu)

    return ct_l3_pb2.CtWindows(
        muscle=window(Tissue.SKELETAL_MUSCLE),
        subcutaneous_fat=window(Tissue.SUBCUTANEOUS_FAT),
        visceral_fat=window(Tissue.VISCERAL_FAT),
        intermuscular_fat=window(Tissue.INTERMUSCULAR_FAT),
    )
