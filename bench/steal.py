"""How much processor time the hypervisor gave to other guests while something was measured."""

from dataclasses import dataclass
from pathlib import Path

_STAT = Path("/proc/stat")
# Of the first line of /proc/stat (proc_stat(5)): guest time, which follows, is part of user time already.
_COUNTED, _STEAL = 8, 7


@dataclass(frozen=True)
class ProcessorTime:
    """Time of all processors since the machine started, in the kernel's ticks; zeros where it is not told."""

    stolen: int
    total: int

    @classmethod
    def now(cls) -> "ProcessorTime":
        """As it stands at this moment."""
        return read(_STAT.read_text()) if _STAT.exists() else cls(0, 0)

    def stolen_since(self, begin: "ProcessorTime") -> float:
        """Share, 0 to 1, of the time since `begin` that was stolen."""
        return (self.stolen - begin.stolen) / max(1, self.total - begin.total)


def read(stat: str) -> ProcessorTime:
    """The time in the text of /proc/stat."""
    ticks = [int(one) for one in stat.split("\n", 1)[0].split()[1 : 1 + _COUNTED]]
    return ProcessorTime(ticks[_STEAL], sum(ticks))
