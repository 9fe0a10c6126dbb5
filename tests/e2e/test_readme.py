"""Every command of the README does what the README says, and prints what it shows."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from radmesh.mesh import Mesh
from radmesh.samples.octa import draw_octa
from tests.support.readme import README, ROOT, blocks, commands, missing

MAKEFILE = (ROOT / "Makefile").read_text()
# What each is tested by: a mesh that stays up, and a test run inside of itself, cannot be typed here.
ELSEWHERE = {"radmesh up": "test_up.py", "make demo": "test_demo.py"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the reader stands: a folder in which `make demo` left its sample."""
    path = tmp_path_factory.mktemp("reader")
    (path / "demo-out").mkdir()
    Image.fromarray(draw_octa(7)).save(path / "demo-out" / "sample.png")
    return path


def typed(command: str, folder: Path, mesh: Mesh) -> subprocess.CompletedProcess[str]:
    """Runs a command as the reader would, against this mesh instead of the one on port 50051."""
    tools = Path(sys.executable).parent
    here = command.replace("localhost:50051", mesh.address).replace(".venv/bin/", "")
    environment = {
        **os.environ,
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "RADMESH_SERVER": mesh.address,
        "COLUMNS": "200",
    }
    words = shlex.split(here)
    return subprocess.run(
        words, cwd=folder, env=environment, capture_output=True, text=True, timeout=90, check=False
    )


@pytest.mark.parametrize(("command", "printed"), [pytest.param(*each, id=each[0]) for each in commands()])
def test_a_command_prints_what_the_readme_shows(
    command: str, printed: list[str], folder: Path, octa_mesh: Mesh
) -> None:
    plain = command.replace(".venv/bin/", "")
    if plain in ELSEWHERE:
        assert plain.split()[-1] in (ROOT / "tests" / "e2e" / ELSEWHERE[plain]).read_text()
        return
    if plain.startswith("make "):
        assert re.search(rf"^{plain.split()[1]}:.*## ", MAKEFILE, re.MULTILINE)
        return
    done = typed(command, folder, octa_mesh)
    assert done.returncode == 0, done.stderr
    assert not missing(printed, done.stdout + done.stderr), done.stdout


@pytest.mark.parametrize("program", blocks("python"))
def test_a_python_example_runs(program: str, folder: Path, octa_mesh: Mesh) -> None:
    (folder / "example.py").write_text(program)
    done = typed("python example.py", folder, octa_mesh)
    assert done.returncode == 0, done.stderr
    assert "vessel" in done.stdout


def test_every_file_that_the_readme_names_exists() -> None:
    for path in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / path).exists(), path
