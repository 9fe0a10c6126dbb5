"""What the logs of workers and of `tasks` say of attempts."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.chaos.history import Journal

_WRITTEN_BY_A_WORKER = {"session opened", "attempt started", "attempt ended"}


def read_journals(logs: Path) -> Journal:
    """Reads a mesh's folder of logs."""
    journal = Journal()
    for path in sorted(logs.glob("steps-*.log")):
        worker = ""
        for entry in _entries(path, _WRITTEN_BY_A_WORKER):
            if entry["event"] == "session opened":
                # A process that was started again has another id.
                worker = entry["worker"]
            elif entry["event"] == "attempt started":
                journal.runs[entry["task"], entry["attempt"]].append(worker)
            elif entry["outcome"] in {"result", "stage_finished"}:
                journal.finished.add((entry["task"], entry["attempt"]))
    for path in sorted(logs.glob("tasks-*.log")):
        for entry in _entries(path, {"outcome written"}):
            journal.written[entry["task"], entry["attempt"]].add(entry["outcome"])
    return journal


def _entries(path: Path, events: set[str]) -> Iterator[dict[str, Any]]:
    for line in path.read_text(errors="replace").splitlines():
        if any(f'"{event}"' in line for event in events):
            entry = json.loads(line)
            if entry["event"] in events:
                yield entry
