"""What the service tells the runners of nnunet in their child. Light: the service imports it too."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

RUNNER = "services.segmentation.nnunet.runner:create"
IMPORTER = "services.segmentation.nnunet.importing.runner:create"
DELETER = "services.segmentation.nnunet.importing.deleting:create"
CHOOSER = "services.segmentation.nnunet.importing.official:create"
RESERVED = frozenset({"ct-l3-locate", "ct-l3-measure"})
"""nnU-Net models that are parts of another pipeline."""


@dataclass(frozen=True)
class NnunetOptions:
    """models: the folder of the models; imported: that of imported ones. device: auto, cpu, cuda, cuda:N.

    threads: of the CPU. max_unpacked_bytes, max_models: see NnunetSettings.
    """

    models: str
    imported: str
    device: str
    threads: int
    max_unpacked_bytes: int
    max_models: int

    @property
    def folders(self) -> tuple[Path, ...]:
        """Where models are looked for, in order."""
        return Path(self.models), Path(self.imported)

    def to_json(self) -> dict[str, Any]:
        """As the child takes it."""
        return asdict(self)
