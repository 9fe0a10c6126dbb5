"""What `radmesh review` refuses before it asks anybody."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from radmesh.cli.commands import app
from radmesh.cli.review_answer import Decided, read_answer, read_replacements
from radmesh.cli.running import UsageError


@pytest.mark.parametrize(
    "line",
    [
        ["--accept"],
        ["--reject", "wrong"],
        ["--sequence", "4"],
        ["--open"],
        ["a", "--accept", "--reject", "wrong"],
        ["a", "--accept", "--open"],
        ["a", "--reject", "wrong", "--out", "folder"],
        ["a", "--replace", "mask.png"],
        ["a", "--replace", "mask.png=nowhere.png"],
        ["a", "--sequence", "0"],
    ],
)
def test_what_cannot_be_meant_exits_with_2(line: list[str]) -> None:
    result = CliRunner().invoke(app, ["review", *line, "--server", "127.0.0.1:1"])
    assert result.exit_code == 2


def test_a_file_may_stand_for_an_artifact_once(tmp_path: Path) -> None:
    path = tmp_path / "a=b.png"
    path.write_bytes(b"x")
    assert read_replacements([f"mask.png={path}"]) == {"mask.png": path}
    with pytest.raises(UsageError, match="twice"):
        read_replacements([f"mask.png={path}", f"mask.png={path}"])


@pytest.mark.parametrize(
    "options",
    [
        ["--mask", "m.png", "--slices", "1:2"],
        ["--mask", "m.png", "--reject", "no"],
        ["--slices", "1:2", "--reject", "x"],
    ],
)
def test_a_decision_is_one_decision(tmp_path: Path, options: list[str]) -> None:
    mask = tmp_path / "m.png"
    mask.write_bytes(b"x")
    line = [str(mask) if one == "m.png" else one for one in options]
    assert CliRunner().invoke(app, ["review", "a", *line, "--server", "127.0.0.1:1"]).exit_code == 2


def test_slices_are_a_parameter_for_what_follows() -> None:
    answer = read_answer(Decided(slices="3:9", param=("height_m=1.7",)))
    assert answer is not None
    assert (answer.accept, answer.param) == (True, ("height_m=1.7", "slice_range=3:9"))
    assert read_answer(Decided()) is None
