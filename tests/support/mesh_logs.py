"""What the processes of tests' meshes complained of, to be shown beside a test that failed."""

from pathlib import Path

_LOUD = ('"level": "error"', '"level": "critical"', "Traceback")
_MOST_LINES = 20


def complaints(folder: Path, since: float) -> list[str]:
    """The last errors in logs below a folder that were written to since then, each after its log's name.

    since: seconds of the epoch.
    """
    found = []
    for log in sorted(folder.rglob("*.log")):
        if log.stat().st_mtime >= since:
            lines = log.read_text(errors="replace").splitlines()
            loud = [line for line in lines if any(sign in line for sign in _LOUD)]
            found += [f"{log.relative_to(folder)}: {line}" for line in loud[-_MOST_LINES:]]
    return found
