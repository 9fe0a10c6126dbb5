"""A failed test shows what went wrong in the processes behind it, and nothing of the tests before it."""

import os
from pathlib import Path

from tests.support.mesh_logs import complaints


def test_errors_of_logs_written_since_then_are_shown(tmp_path: Path) -> None:
    quiet, loud = '{"level": "info", "event": "ready"}', '{"level": "error", "event": "attempt broke"}'
    for name, lines, written in (("a", [quiet, loud], 100), ("b", [loud], 50), ("c", [quiet], 100)):
        log = tmp_path / "logs" / f"{name}.log"
        log.parent.mkdir(exist_ok=True)
        log.write_text("\n".join(lines))
        os.utime(log, (written, written))
    assert complaints(tmp_path, since=99.0) == [f"logs/a.log: {loud}"]
