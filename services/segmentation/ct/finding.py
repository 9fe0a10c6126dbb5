"""Stage 1 of ct-l3: L3 by the network, and the pictures that a person looks at."""

from collections.abc import Callable
from dataclasses import dataclass, field

from radmesh.segmentation.v1.ct_l3_pb2 import CtModel
from services.chassis.runner import OutputFile
from services.segmentation.ct import files
from services.segmentation.ct.course import Course
from services.segmentation.ct.locate.locating import Located, locate
from services.segmentation.ct.locate.location import L3Location
from services.segmentation.ct.locate.pictures import mask_png, overlay_png, sagittal_png
from services.segmentation.ct.networks import PartNetwork
from services.segmentation.ct.reading import CtImage
from services.segmentation.ct.watched import watched


@dataclass(frozen=True)
class Found:
    """L3, what a person looks at, the model that found it and the seconds that its network took."""

    location: L3Location
    files: tuple[OutputFile, ...] = field(repr=False)
    model: CtModel
    seconds: float


def find_l3(image: CtImage, network: PartNetwork, course: Course) -> Found:
    """Finds it. Raises what `locate` raises."""
    seen = watched(image, course.part("sampling", "slices", 0.05, 0.3), course.check)
    located = locate(seen, network.probabilities, course.part("locating", "windows", 0.3, 0.45))
    written = _drawn(located, image.other_series, course.part("drawing", "files", 0.45, 0.5))
    return Found(located.location, written, network.message(), network.seconds)


def _drawn(located: Located, note: str, report: Callable[[int, int], None]) -> tuple[OutputFile, ...]:
    location = located.location
    view, mask = location.plane, location.mask
    if view is None or mask is None:
        raise ValueError("what a model has located has a mask")
    makers: tuple[tuple[str, Callable[[], bytes]], ...] = (
        (files.SAGITTAL, lambda: sagittal_png(located.image, view)),
        (files.L3_MASK, lambda: mask_png(mask, view)),
        (files.L3_OVERLAY, lambda: overlay_png(located.image, located.labels, location, note)),
    )
    written = []
    for number, (name, make) in enumerate(makers):
        report(number, len(makers))
        written.append(OutputFile(name, files.PNG, make()))
    report(len(makers), len(makers))
    return tuple(written)
