"""What the service tells the runner of octa-vessels in its child. Light: the service imports it too."""

from dataclasses import asdict, dataclass
from typing import Any

THRESHOLD = 0.5
"""A pixel is vessel where its probability is at least this, unless a task says otherwise."""

FACTORY = "services.segmentation.octa.runner:create"


@dataclass(frozen=True)
class OctaOptions:
    """model: the model's folder. device: auto, cpu, cuda, cuda:N. threads: of the CPU, at least 1.

    max_bytes, max_pixels, min_side: see ImageLimits.
    """

    model: str
    device: str
    threads: int
    max_bytes: int
    max_pixels: int
    min_side: int

    def to_json(self) -> dict[str, Any]:
        """As the child takes it."""
        return asdict(self)
