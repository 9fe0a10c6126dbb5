"""What the README tells to type, and what it says that this prints."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    """The code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def commands() -> list[tuple[str, list[str]]]:
    """Each command after a `$ `, with the lines that it prints."""
    found: list[tuple[str, list[str]]] = []
    for block in blocks("console"):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            elif found:
                found[-1][1].append(line)
    return found


def missing(promised: list[str], printed: str) -> list[str]:
    """The lines that the README shows and that were not printed. `…` stands for lines that it leaves out."""
    seen = {_shape(line) for line in printed.splitlines()}
    return [line for line in promised if line.strip() not in {"", "…"} and _shape(line) not in seen]


def _shape(line: str) -> str:
    """A line without what differs from run to run: ids, numbers, spacing."""
    return re.sub(r"\s+", " ", re.sub(r"[0-9a-f]{16,}|\d[\d.:TZ-]*", "#", line)).strip()
