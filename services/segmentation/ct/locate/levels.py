"""What a body on the sagittal plane can be."""

from enum import IntEnum


class Level(IntEnum):
    """The classes of the locating network: bodies of vertebrae without arches, and the sacrum."""

    NONE = 0
    SACRUM = 1
    L5 = 2
    L4 = 3
    L3 = 4
    L2 = 5
    L1 = 6
    T12 = 7
    THORACIC = 8
    """Any above T12."""

    @property
    def label(self) -> str:
        """For people: `L3`, `S`, `T`."""
        return {Level.NONE: "", Level.SACRUM: "S", Level.THORACIC: "T"}.get(self, self.name)
