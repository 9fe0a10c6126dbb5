"""What a command line gets wrong, and the exit code and words for it."""

import json
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import CliRunner

from radmesh.cli.commands import app

NOBODY = ["--server", "127.0.0.1:1"]


@pytest.fixture
def image(tmp_path: Path) -> str:
    path = tmp_path / "scan.png"
    path.write_bytes(b"x")
    return str(path)


@pytest.mark.parametrize(
    "line",
    [
        ["analyze"],
        ["analyze", "octa-vessels"],
        ["analyze", "octa-vessels", "/no/such/file.png"],
        ["analyze", "octa-vessels", "--nope"],
        ["analyze", "octa-vessels", "/dev/null", "--attempt-timeout", "soon"],
        ["analyze", "octa-vessels", "/dev/null", "--queue-timeout", "-5s"],
        ["tasks", "get"],
        ["tasks", "list", "--limit", "0"],
        ["up", "--port", "70000"],
        ["frobnicate"],
        ["tasks", "check", "--max-runtime", "soon"],
        ["tasks", "pause"],
        ["pipelines", "delete"],
        # Dropped silently, the command would go to another server.
        ["pipelines", "--server", "elsewhere:1", "delete", "steps"],
    ],
)
def test_a_wrong_command_line_exits_with_2(line: list[str]) -> None:
    assert CliRunner().invoke(app, line).exit_code == 2


def test_a_folder_that_cannot_be_used_is_named_with_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    result = CliRunner().invoke(app, ["up", "--port", "0", "--folder", str(file), "--json"])
    assert result.exit_code == 1
    error = json.loads(result.stdout)["error"]
    assert error["reason"] == "MESH_NOT_STARTED"
    assert str(file) in error["message"]
    assert "--folder" in error["message"]


def test_a_missing_file_is_named() -> None:
    result = CliRunner().invoke(app, ["analyze", "octa-vessels", "gone.png"])
    assert "gone.png" in result.output


@pytest.mark.parametrize(
    "line", [["pipelines"], ["tasks", "list"], ["tasks", "get", "a" * 32], ["watch", "a" * 32]]
)
def test_an_absent_server_exits_with_3_and_says_where_it_looked(
    line: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("radmesh.cli.running._FIRST_CONTACT_SECONDS", 0.3)
    result = CliRunner().invoke(app, [*line, *NOBODY])
    assert result.exit_code == 3
    assert "127.0.0.1:1" in result.output


def test_an_absent_server_is_an_object_for_programs(image: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("radmesh.cli.running._FIRST_CONTACT_SECONDS", 0.3)
    result = CliRunner().invoke(app, ["analyze", "octa-vessels", image, "--json", *NOBODY])
    assert result.exit_code == 3
    assert json.loads(result.stdout)["error"]["reason"] == "UNAVAILABLE"


def test_the_server_can_be_named_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("radmesh.cli.running._FIRST_CONTACT_SECONDS", 0.3)
    result = CliRunner().invoke(app, ["pipelines"], env={"RADMESH_SERVER": "127.0.0.1:2"})
    assert result.exit_code == 3
    assert "127.0.0.1:2" in result.output


@pytest.mark.parametrize("server", ["http://localhost:50051", "https://radmesh", "localhost", "localhost:"])
def test_a_server_that_is_no_host_and_port_is_told_how_to_be_written(server: str) -> None:
    for given in (["--server", server], []):
        result = CliRunner().invoke(app, ["tasks", "list", *given], env={"RADMESH_SERVER": server})
        assert result.exit_code == 2
        assert "HOST:PORT" in result.output


def test_the_version_is_told() -> None:
    result = CliRunner().invoke(app, ["--version"])
    assert (result.exit_code, result.output) == (0, f"radmesh {version('radmesh')}\n")


def test_every_command_has_help() -> None:
    for line in (
        ["up"],
        ["analyze"],
        ["watch"],
        ["tasks", "list"],
        ["pipelines"],
        ["pipelines", "delete"],
        ["doctor"],
    ):
        assert CliRunner().invoke(app, [*line, "--help"]).exit_code == 0


@pytest.mark.parametrize("command", [["analyze", "octa-vessels"], ["batch", "octa-vessels"], ["watch"]])
@pytest.mark.parametrize("below", ["", "deeper/down"])
def test_a_file_as_the_folder_of_artifacts_is_refused_before_anything_is_sent(
    command: list[str], below: str, image: str, tmp_path: Path
) -> None:
    out = tmp_path / "results"
    out.write_text("a file")
    result = CliRunner().invoke(app, [*command, image, "--out", str(out / below), *NOBODY])
    assert result.exit_code == 2
    assert "artifacts need a folder" in " ".join(result.output.replace("│", " ").split())
