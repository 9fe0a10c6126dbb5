"""A volume in axial slices, in whatever order its file stores its axes."""

import math
from dataclasses import replace

from services.segmentation.ct.reading.geometry import Geometry, axes_first
from services.segmentation.ct.reading.image import CtImage
from services.segmentation.ct.reading.nifti import NiftiPlanes
from services.segmentation.ct.reading.refusals import refused

MOST_OBLIQUE_DEGREES = 30.0
"""Beyond this the cut through the trunk is so far from axial that areas mean nothing: by 1 / cos, 15 %."""


def axial(image: CtImage) -> CtImage:
    """The same voxels in slices from head to foot or back; rows and columns keep the order of the file.

    A NIfTI file may store them in any order of its axes. Slices of DICOM are what the scanner or a reader
    made: sagittal ones are seldom as fine from one to the next as within. Raises ImageFormatError NOT_AXIAL.
    """
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
    return math.degrees(math.acos(min(1.0, abs(geometry.directions[0][2]))))
