"""A volume in axial slices, in whatever order its file stores its axes."""

from dataclasses import replace

from services.segmentation.ct.reading.geometry import (
    MOST_OBLIQUE_DEGREES,
    Geometry,
    axes_first,
    degrees_from_axial,
)
from services.segmentation.ct.reading.image import CtImage
from services.segmentation.ct.reading.nifti import NiftiPlanes
from services.segmentation.ct.reading.refusals import refused
from services.segmentation.ct.reading.wording import mm

LONGEST_MM = 3000.0
"""No scanner reaches further, along the table or across its bore; what is searched grows with every side."""


def axial(image: CtImage) -> CtImage:
    """The same voxels in slices from head to foot or back; rows and columns keep the order of the file.

    A NIfTI file may store them in any order of its axes. Slices of DICOM are what the scanner or a reader
    made: sagittal ones are seldom as fine from one to the next as within. Raises ImageFormatError NOT_AXIAL,
    GEOMETRY_IMPLAUSIBLE.
    """
    longest = max(image.geometry.lengths_mm)
    if longest > LONGEST_MM:
        raise refused(
            f"By its header the volume is {mm(longest)} long; no scanner reaches that far. Send the series "
            "as the scanner made it, or convert it again with its spacing in mm.",
            reason="GEOMETRY_IMPLAUSIBLE",
            length_mm=f"{longest:.0f}",
            limit_mm=f"{LONGEST_MM:g}",
        )
    if isinstance(image.planes, NiftiPlanes):
        axes = axes_first(image.geometry)
        if axes != (0, 1, 2):
            image = replace(
                image,
                geometry=image.geometry.transposed(axes),
                planes=image.planes.turned(axes),
                stored_axes=axes,
            )
    check_axial(image.geometry)
    return image


def check_axial(geometry: Geometry) -> None:
    """Raises ImageFormatError NOT_AXIAL for slices that are too oblique to be measured on."""
    degrees = oblique_degrees(geometry)
    if degrees > MOST_OBLIQUE_DEGREES:
        raise refused(
            f"The slices are not axial: they stand {degrees:.0f} degrees against the axial plane. Send the "
            "axial series of this study.",
            reason="NOT_AXIAL",
            degrees=f"{degrees:.1f}",
            limit_degrees=f"{MOST_OBLIQUE_DEGREES:g}",
        )


def oblique_degrees(geometry: Geometry) -> float:
    """The angle between the slices and the axial plane, 0 to 90."""
    return degrees_from_axial(geometry.directions[0][2])
