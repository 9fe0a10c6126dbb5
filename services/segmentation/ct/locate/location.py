"""Where L3 is, as a value: all that the review shows and that the measuring takes."""

from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from services.segmentation.ct.locate.curve import SpineCurve
from services.segmentation.ct.locate.levels import Level
from services.segmentation.ct.locate.sagittal import Plane
from services.segmentation.ct.reading import Vector


class Source(Enum):
    """Who says where L3 is."""

    MODEL = "model"
    MASK = "mask"
    SLICES = "slices"


class DoubtKind(Enum):
    """Why a location may be wrong."""

    LEVEL_UNANCHORED = "LEVEL_UNANCHORED"
    LEVELS_AMBIGUOUS = "LEVELS_AMBIGUOUS"
    NEIGHBOUR_MISSING = "NEIGHBOUR_MISSING"
    SECOND_CANDIDATE = "SECOND_CANDIDATE"
    LEVEL_MISSING = "LEVEL_MISSING"
    COUNT_UNUSUAL = "COUNT_UNUSUAL"
    OUTLINE_UNSURE = "OUTLINE_UNSURE"
    SHAPE_UNUSUAL = "SHAPE_UNUSUAL"
    BODY_CUT = "BODY_CUT"
    SPINE_UNSURE = "SPINE_UNSURE"


_FOR_A_PERSON = (DoubtKind.LEVEL_UNANCHORED, DoubtKind.COUNT_UNUSUAL, DoubtKind.BODY_CUT)
"""However confident the rest is."""


@dataclass(frozen=True)
class Doubt:
    """message: a sentence for the reviewer. factor: what it leaves of the confidence."""

    kind: DoubtKind
    message: str
    factor: float


@dataclass(frozen=True)
class Anchors:
    """What the levels can be counted from."""

    sacrum: bool
    last_rib: bool

    @property
    def any(self) -> bool:
        """Whether there is one of them."""
        return self.sacrum or self.last_rib


@dataclass(frozen=True)
class FoundLevel:
    """One body on the plane. height_mm, low_mm, high_mm: of its centre and ends, in the Stack's frame."""

    level: Level
    height_mm: float
    depth_mm: float
    low_mm: float
    high_mm: float


@dataclass(frozen=True)
class Covered:
    """Slices as the image stores them, counted from 0, and by DICOM instance number where there is one.

    first and last: in the stored order; middle: the nearest to the body's centre, ties to the feet.
    """

    first: int
    last: int
    middle: int
    first_instance: int | None
    last_instance: int | None
    middle_instance: int | None


@dataclass(frozen=True)
class L3Location:
    """The body of L3 in the DICOM patient frame (LPS, mm): cropping and turning a study do not move it.

    level_mm: z of its centre. low_mm, high_mm: z of its ends on the mid-sagittal plane, on the line from head
    to foot through the centre. confidence: 0 to 1, the product of what the doubts leave; 1 where a person
    says so. plane, mask: bool (rows, columns) of L3 on the sagittal picture's grid, None where slices were
    named. curve: of the spine, None where it was not looked for.
    """

    source: Source
    centre_mm: Vector
    low_mm: float
    high_mm: float
    covered: Covered
    confidence: float
    doubts: tuple[Doubt, ...] = ()
    anchors: Anchors = Anchors(False, False)
    levels: tuple[FoundLevel, ...] = ()
    plane: Plane | None = None
    mask: np.ndarray | None = field(default=None, repr=False)
    curve: SpineCurve | None = field(default=None, repr=False)

    @property
    def level_mm(self) -> float:
        """z of the body's centre."""
        return self.centre_mm[2]

    @property
    def needs_a_person(self) -> bool:
        """Whether what is in view does not tell for certain which lumbar vertebra it is, or all of it."""
        return any(doubt.kind in _FOR_A_PERSON for doubt in self.doubts)

    def is_sure(self, least_confidence: float) -> bool:
        """Whether it may be measured without a person's look."""
        return not self.needs_a_person and self.confidence >= least_confidence
