"""What `make` says on a machine that lacks something."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("python", "advice"),
    [
        # An interpreter too old for the first question, and one that can make no environment.
        ("exit 1", "make demo PYTHON=python3.11"),
        ('[ "$1" = -c ]', "apt-get install python3-venv"),
    ],
)
def test_a_python_that_will_not_do_is_told_before_anything_is_installed(
    python: str, advice: str, tmp_path: Path
) -> None:
    for name in ("Makefile", "constraints.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    interpreter = tmp_path / "python"
    interpreter.write_text(f"#!/bin/sh\n{python}\n")
    interpreter.chmod(0o755)
    done = subprocess.run(
        ["make", "demo", f"PYTHON={interpreter}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert advice in done.stdout
    assert not (tmp_path / ".venv").exists()
