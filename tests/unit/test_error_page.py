"""docs/errors.md has every reason that the code can give."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_REASON = re.compile(
    r"""^\ {4}reason\ =\ "([A-Z_]+)"$      # a class of errors
    | \breason="([A-Z_]+)"                 # one error
    | \bEnding\(\s*"([A-Z_]+)"             # how `tasks` ends a task
    | ^([A-Z_]+)\ =\ "\4"$                 # a reason by name""",
    re.VERBOSE | re.MULTILINE,
)


def test_every_reason_is_explained_once() -> None:
    page = (ROOT / "docs" / "errors.md").read_text()
    explained = re.findall(r"`([A-Z_]+)`", "\n".join(line for line in page.splitlines() if line[:1] == "|"))
    sources = [
        path
        for folder in ("radmesh", "services")
        for path in (ROOT / folder).rglob("*.py")
        if "_pb2" not in path.name
    ]
    given = {
        reason
        for path in sources
        for found in _REASON.findall(path.read_text())
        for reason in found
        if reason
    }
    assert {"IMAGE_TRUNCATED", "QUEUE_TIMEOUT", "WORKER_STALLED"} <= given
    assert sorted(given - set(explained)) == []
    assert sorted(set(explained) - given) == []
    assert len(explained) == len(set(explained))
