"""`radmesh up`: ready when it says so, and nothing is left when it ends, however it ends."""

import json
import signal
import subprocess
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import PATIENCE, radmesh, start
from tests.support.processes import descendants, is_alive, wait_until


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("up")


@pytest.fixture
def running(folder: Path) -> Generator[tuple[subprocess.Popen[str], list[dict[str, Any]]], None, None]:
    """`radmesh up` with what it printed when it was ready: Redis, tasks, gateway, segmentation."""
    process = start("up", "--port", "0", "--folder", str(folder), "--json")
    assert process.stdout is not None
    rows = []
    for _ in range(4):
        line = process.stdout.readline()
        assert line, process.stderr.read() if process.stderr else ""
        rows.append(json.loads(line))
    yield process, rows
    if process.poll() is None:
        process.kill()
    process.communicate()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_it_is_ready_when_it_says_so_and_leaves_nothing(
    running: tuple[subprocess.Popen[str], list[dict[str, Any]]], folder: Path, how: signal.Signals
) -> None:
    process, rows = running
    assert [row["process"] for row in rows] == ["redis", "tasks-0", "gateway", "segmentation"]
    server = next(row["address"] for row in rows if row["process"] == "gateway")
    assert "octa-vessels" in radmesh("pipelines", server=server).stdout
    second = radmesh("up", "--port", "0", "--folder", str(folder))
    assert second.returncode == 1
    assert "runs already" in second.stderr
    started = descendants(process.pid)
    assert {row["pid"] for row in rows} <= started
    process.send_signal(how)
    process.wait(PATIENCE)
    assert process.returncode == (-signal.SIGKILL if how is signal.SIGKILL else 0)
    wait_until(lambda: not any(is_alive(pid) for pid in started))


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    import socket

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        done = radmesh("up", "--port", port, "--folder", str(tmp_path))
    assert done.returncode == 1
    assert port in done.stderr
