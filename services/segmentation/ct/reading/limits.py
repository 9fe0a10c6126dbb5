"""What an image may ask of a reader's memory, disk and time before it is refused."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class CtLimits:
    """Limits of reading one image.

    min_slices: a volume needs at least these, never under 2. max_slices, max_side: slices of the volume; rows
    and columns of each. max_files: files in the archive, of any kind. max_unpacked_bytes: what archive and
    compression may become in all. max_held_bytes: a file that becomes longer is unpacked to disk, not into
    memory. scratch: the folder for that, in files without a name (an unpacked tar.gz is as large as its files
    together); None takes the system's.
    """

    min_slices: int = 3
    max_slices: int = 10_000
    max_side: int = 4096
    max_files: int = 50_000
    max_unpacked_bytes: int = 16 << 30
    max_held_bytes: int = 64 << 20
    scratch: Path | None = None
