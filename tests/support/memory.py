"""What memory a process has, as Linux counts it."""

from pathlib import Path


def resident_bytes(pid: int | str = "self") -> int:
    """Memory that a process has now."""
    return _line(pid, "VmRSS")


def peak_bytes(pid: int | str = "self") -> int:
    """The most that it ever had."""
    return _line(pid, "VmHWM")


def _line(pid: int | str, name: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) << 10
    raise LookupError(f"process {pid} has no {name}")
