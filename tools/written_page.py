"""A page of docs/ that is written from the code, and the check that it is not stale."""

import argparse
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent / "docs"


def write_or_check(file_name: str, text: str) -> None:
    """Writes a page, or with `--check` on the command line exits 1 when the one on disk differs."""
    parser = argparse.ArgumentParser(description=f"Writes docs/{file_name}.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail on a difference")
    page = DOCS / file_name
    if not parser.parse_args().check:
        page.write_text(text)
    elif not page.exists() or page.read_text() != text:
        sys.exit(f"docs/{file_name} is stale: run `make generate`")
