"""What the service tells the runner of ct-l3 in its child. Light: the service imports it too."""

from dataclasses import asdict, dataclass
from typing import Any

FACTORY = "services.segmentation.ct.runner:create"


@dataclass(frozen=True)
class CtOptions:
    """locate, measure: the models' folders. device: auto, cpu, cuda, cuda:N. threads: of the CPU, at least 1.

    least_confidence: below it a person is asked even with auto_continue.
    """

    locate: str
    measure: str
    device: str
    threads: int
    least_confidence: float

    def to_json(self) -> dict[str, Any]:
        """As the child takes it."""
        return asdict(self)
