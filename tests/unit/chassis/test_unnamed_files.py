"""A file without a name is there for another process of this user, and gone with its context."""

import subprocess
import sys

import pytest

from services.chassis.unnamed_files import unnamed_file


def test_another_process_reads_it_and_nobody_does_afterwards() -> None:
    told = "import pathlib, sys; sys.stdout.buffer.write(pathlib.Path(sys.argv[1]).read_bytes())"
    with unnamed_file(b"\x89PNG") as path:
        command = [sys.executable, "-c", told, str(path)]
        assert subprocess.run(command, capture_output=True, check=True).stdout == b"\x89PNG"
        assert path.read_bytes() == b"\x89PNG"
    with pytest.raises(FileNotFoundError):
        path.read_bytes()
