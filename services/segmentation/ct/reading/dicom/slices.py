"""One plane of a CT as its header describes it: a value that everything else judges."""

from dataclasses import dataclass, field

from services.segmentation.ct.reading.dicom.header import Header
from services.segmentation.ct.reading.geometry import Vector
from services.segmentation.ct.reading.wording import SliceName


@dataclass(frozen=True, slots=True)
class PixelForm:
    """How stored values are written. signed: two's complement; the stored bits end at high_bit."""

    transfer_syntax: str
    rows: int
    columns: int
    bits_allocated: int
    bits_stored: int
    high_bit: int
    signed: bool

    @property
    def plane_bytes(self) -> int:
        """The length of an uncompressed plane."""
        return self.rows * self.columns * self.bits_allocated // 8


@dataclass(frozen=True, slots=True)
class Place:
    """Where a plane lies, in the DICOM patient frame (LPS, mm).

    position: the centre of its first voxel. along_row, along_column: unit vectors in which the column index
    and the row index grow. spacing: between rows, between columns.
    """

    position: Vector
    along_row: Vector
    along_column: Vector
    spacing: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Making:
    """How a slice was scanned and reconstructed; "" or None where the header is silent.

    kernel, contrast: printable characters alone, at most 64; contrast is the agent. thickness_mm: what the
    slice stands for, which is not the step to the next one. acquisition, moment: numbers that tell the phases
    of one series apart. series: its number.
    """

    kernel: str = ""
    kvp: float | None = None
    contrast: str = ""
    thickness_mm: float | None = None
    acquisition: int | None = None
    moment: int | None = None
    series: int | None = None
    frame_of_reference: str = field(default="", repr=False)
    lossy: bool = False


@dataclass(frozen=True, slots=True)
class Slice:
    """One plane. header: of its file; frame: its index there. slope, intercept: from stored values to HU."""

    name: SliceName
    header: Header = field(repr=False)
    frame: int
    sop_instance_uid: str = field(repr=False)
    form: PixelForm
    place: Place
    making: Making
    slope: float
    intercept: float
