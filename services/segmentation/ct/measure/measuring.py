"""Stage 2 of ct-l3: body composition in every slice of L3, one slice at a time in memory."""

from collections.abc import Callable, Iterator

import numpy as np

from services.segmentation.ct.measure.body import body_of
from services.segmentation.ct.measure.bowel import bowel_content
from services.segmentation.ct.measure.conditions import metal_mm2, noise_hu
from services.segmentation.ct.measure.extent import Coverage, CoveredSlice, L3Extent, coverage_of
from services.segmentation.ct.measure.field import field_contact
from services.segmentation.ct.measure.figures import figures_of
from services.segmentation.ct.measure.options import MeasureOptions
from services.segmentation.ct.measure.plane import Network, compartments_of
from services.segmentation.ct.measure.result import L3Measurement, MeasuredSlices, SliceMeasurement
from services.segmentation.ct.measure.summary import summary_of
from services.segmentation.ct.measure.tissues import (
    LABELS,
    MUSCLES,
    Compartment,
    Tissue,
    tissue_labels,
)
from services.segmentation.ct.reading import CtImage
from services.segmentation.ct.reading.refusals import refused


def measure_l3(
    image: CtImage,
    extent: L3Extent,
    network: Network,
    options: MeasureOptions,
    report: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[L3Measurement, MeasuredSlices]:
    """The figures of L3, and the pixels that they are of.

    report: called with slices done and slices in all, before each and after the last; it may raise to stop.
    Raises ImageFormatError NOT_AXIAL, BODY_PART_NOT_COVERED, L3_EXTENT_IMPLAUSIBLE, HEIGHT_IMPLAUSIBLE,
    SLICES_EMPTY, NO_MUSCLE_FOUND; as CtImage.read; and what the network raises.
    """
    body = body_of(image.patient, options.height_m, options.weight_kg, options.sex)
    coverage = coverage_of(image.geometry, extent)
    first, count = coverage.slices[0].index, len(coverage.slices)
    compartments = np.empty((count, *image.geometry.shape[1:]), np.uint8)
    tissues = np.empty_like(compartments)
    headline_hu = np.empty(image.geometry.shape[1:], np.int16)
    slices = []
    for number, (place, hu) in enumerate(_planes(image, coverage)):
        report(number, count)
        compartments[number] = _compartments(image, place, hu, network)
        tissues[number] = _tissues(image, hu, compartments[number], options)
        slices.append(measure_slice(image, place, hu, compartments[number], tissues[number]))
        if place.index == coverage.headline:
            headline_hu[:] = hu
    report(count, count)
    measurement = summary_of(slices, coverage, body, image, options)
    if not measurement.headline.tissues[Tissue.SKELETAL_MUSCLE].pixels:
        raise refused(
            f"No muscle was found in {image.slice_name(coverage.headline)}, the middle of L3. Look whether "
            "the level is right, and send the axial series of the abdomen.",
            reason="NO_MUSCLE_FOUND",
            slice=coverage.headline,
        )
    pixels = MeasuredSlices(
        geometry=image.geometry,
        first=first,
        headline=coverage.headline - first,
        compartments=compartments,
        tissues=tissues,
        headline_hu=headline_hu,
        stored_axes=image.stored_axes,
    )
    return measurement, pixels


def measure_slice(
    image: CtImage, place: CoveredSlice, hu: np.ndarray, compartments: np.ndarray, tissues: np.ndarray
) -> SliceMeasurement:
    """The figures of one slice from its HU and labels, all (rows, columns)."""
    spacing, numbers = image.geometry.spacing_mm[1:], image.instance_numbers
    pixel_mm2 = spacing[0] * spacing[1]
    return SliceMeasurement(
        place=place,
        instance=None if numbers is None else numbers[place.index],
        tissues={tissue: figures_of(hu[np.isin(tissues, LABELS[tissue])], pixel_mm2) for tissue in Tissue},
        muscle_compartment=figures_of(hu[np.isin(compartments, MUSCLES)], pixel_mm2),
        psoas_compartment=figures_of(hu[compartments == Compartment.PSOAS], pixel_mm2),
        field=field_contact(hu, compartments, spacing),
        noise_hu=noise_hu(hu, compartments, spacing),
        metal_mm2=metal_mm2(hu, compartments, pixel_mm2),
    )


def _planes(image: CtImage, coverage: Coverage) -> Iterator[tuple[CoveredSlice, np.ndarray]]:
    places = coverage.slices
    planes = image.each(places[0].index, places[-1].index + 1)
    return zip(places, planes, strict=True)


def _compartments(image: CtImage, place: CoveredSlice, hu: np.ndarray, network: Network) -> np.ndarray:
    found = compartments_of(hu, image.geometry.slab(place.index, place.index + 1), network)
    if found is None:
        raise refused(
            f"There is no body in {image.slice_name(place.index)}, which lies within L3: it is all air. "
            "Send the series again.",
            reason="SLICES_EMPTY",
            slice=place.index,
        )
    return found


def _tissues(image: CtImage, hu: np.ndarray, compartments: np.ndarray, options: MeasureOptions) -> np.ndarray:
    content = None
    if options.exclude_bowel_content:
        content = bowel_content(hu, compartments, image.geometry.spacing_mm[1:])
    return tissue_labels(hu, compartments, options.windows, content)
