"""Parts of docs/accuracy.md that commands write: each between two marks, so that it can be replaced."""

from pathlib import Path


def write_part(page: Path, name: str, text: str) -> None:
    """Puts text (Markdown) between the marks of this name; at the end of the page where there are none."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    part = f"{begin}\n{text.strip()}\n{end}"
    whole = page.read_text()
    if begin in whole and end in whole:
        before, rest = whole.split(begin, 1)
        whole = before + part + rest.split(end, 1)[1]
    else:
        whole = f"{whole.rstrip()}\n\n{part}\n"
    page.write_text(whole)
