"""From the figures of slices to those of L3: volumes, indices, comparisons, warnings. Pure."""

from collections.abc import Mapping, Sequence

from services.segmentation.ct.measure.body import Body, index_cm2_m2
from services.segmentation.ct.measure.cutoffs import Comparison, Quantity, comparisons
from services.segmentation.ct.measure.extent import Coverage
from services.segmentation.ct.measure.figures import volume_of
from services.segmentation.ct.measure.options import MeasureOptions
from services.segmentation.ct.measure.result import L3Measurement, SliceMeasurement
from services.segmentation.ct.measure.tissues import Tissue, Windows
from services.segmentation.ct.measure.warnings import warnings_of
from services.segmentation.ct.reading import CtImage


def summary_of(
    slices: Sequence[SliceMeasurement],
    coverage: Coverage,
    body: Body,
    image: CtImage,
    options: MeasureOptions,
) -> L3Measurement:
    """The measurement of L3 from those of its slices. image: of which no pixel is read."""
    headline = next(one for one in slices if one.place.index == coverage.headline)
    indices = (
        {}
        if body.height_m is None
        else {tissue: index_cm2_m2(headline.tissues[tissue].area_mm2, body.height_m) for tissue in Tissue}
    )
    return L3Measurement(
        slices=tuple(slices),
        headline=headline,
        volumes={
            tissue: volume_of([(one.tissues[tissue], one.place.height_mm) for one in slices])
            for tissue in Tissue
        },
        body=body,
        indices_cm2_m2=indices,
        comparisons=_comparisons(headline, indices, body, options),
        warnings=warnings_of(slices, coverage, image, options),
        options=options,
        making=image.making,
        missing_mm=coverage.missing_mm,
        oblique_degrees=coverage.oblique_degrees,
    )


def _comparisons(
    headline: SliceMeasurement, indices: Mapping[Tissue, float], body: Body, options: MeasureOptions
) -> tuple[Comparison, ...]:
    """None where the published figures are not of the same thing: another window, or a muscle cut off."""
    if headline.field.cuts_all or options.windows.muscle != Windows().muscle:
        return ()
    values = {}
    if indices:
        values[Quantity.SMI] = indices[Tissue.SKELETAL_MUSCLE]
        values[Quantity.PMI] = indices[Tissue.PSOAS]
    attenuation = headline.tissues[Tissue.SKELETAL_MUSCLE].mean_hu
    if attenuation is not None:
        values[Quantity.ATTENUATION] = attenuation
    return comparisons(values, body)
