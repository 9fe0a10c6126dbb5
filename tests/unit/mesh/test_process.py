"""A supervised child comes back after each death, stops when told, and never outlives its supervisor."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from radmesh.mesh import ProcessSpec, SupervisedProcess
from radmesh.mesh.process import next_delay
from tests.support.processes import is_alive, wait_until

PATIENCE = 20.0


def child(code: str, name: str = "child") -> ProcessSpec:
    return ProcessSpec(name, (sys.executable, "-u", "-c", code), serves=False)


SLEEPER = "import time\nprint('up')\ntime.sleep(100)"
ORDERLY = "import signal, sys, time\nsignal.signal(15, sys.exit)\nprint('up')\ntime.sleep(100)"
STUBBORN = "import signal, time\nsignal.signal(15, signal.SIG_IGN)\nprint('up')\ntime.sleep(100)"


@pytest.fixture
def process(tmp_path: Path) -> Generator[SupervisedProcess, None, None]:
    supervised = SupervisedProcess(child(SLEEPER), tmp_path)
    supervised.start()
    wait_until(lambda: supervised.last_lines() == ["up"])
    yield supervised
    supervised.stop(PATIENCE)


def test_a_killed_child_comes_back_with_another_pid(process: SupervisedProcess) -> None:
    before = process.pid
    process.signal(signal.SIGKILL)
    wait_until(lambda: process.pid not in (None, before))
    assert process.exits == [-signal.SIGKILL]


def test_what_a_child_printed_is_known_when_the_next_one_has_started(process: SupervisedProcess) -> None:
    process.signal(signal.SIGKILL)
    wait_until(lambda: process.last_lines() == ["up", "up"])


def test_a_stopped_child_is_gone_and_does_not_come_back(process: SupervisedProcess) -> None:
    pid = process.pid
    process.stop(PATIENCE)
    assert pid is not None
    assert not is_alive(pid)
    assert process.pid is None
    assert process.exits == []


def test_a_stopped_child_may_be_started_again(process: SupervisedProcess) -> None:
    process.stop(PATIENCE)
    process.start()
    wait_until(lambda: process.pid is not None)


def test_a_paused_child_stops_too(tmp_path: Path) -> None:
    process = SupervisedProcess(child(ORDERLY), tmp_path)
    process.start()
    wait_until(lambda: process.last_lines() == ["up"])
    process.signal(signal.SIGSTOP)
    started = time.monotonic()
    process.stop(PATIENCE)
    assert time.monotonic() - started < PATIENCE / 2


def test_a_child_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    process = SupervisedProcess(child(STUBBORN), tmp_path)
    process.start()
    wait_until(lambda: process.last_lines() == ["up"])
    pid = process.pid
    process.stop(0.2)
    assert pid is not None
    assert not is_alive(pid)


def test_the_wait_after_a_death_doubles_up_to_a_bound_until_a_child_lives_long() -> None:
    waits = [0.0]
    for _ in range(8):
        waits.append(next_delay(waits[-1], lived=1.0))
    assert waits[1:] == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]
    assert next_delay(5.0, lived=60.0) == 0.1


def test_deaths_are_told(tmp_path: Path) -> None:
    told: list[tuple[str, int]] = []
    process = SupervisedProcess(
        child("raise SystemExit(7)"),
        tmp_path,
        lambda one, code: told.append((one.name, code)),
    )
    process.start()
    wait_until(lambda: len(told) >= 2)
    process.stop(PATIENCE)
    assert set(told) == {("child", 7)}


def test_what_a_child_prints_is_kept(tmp_path: Path) -> None:
    process = SupervisedProcess(
        child("import sys\nprint('to stdout')\nprint('to stderr', file=sys.stderr)"), tmp_path
    )
    process.start()
    wait_until(lambda: bool(process.exits))
    process.stop(PATIENCE)
    assert {"to stdout", "to stderr"} <= set((tmp_path / "child.log").read_text().splitlines())


def test_a_child_dies_with_a_supervisor_that_was_killed(tmp_path: Path) -> None:
    code = (
        "import sys, time\nfrom pathlib import Path\n"
        "from radmesh.mesh import ProcessSpec, SupervisedProcess\n"
        f"spec = ProcessSpec('child', (sys.executable, '-u', '-c', {SLEEPER!r}), serves=False)\n"
        f"process = SupervisedProcess(spec, Path({str(tmp_path)!r}))\nprocess.start()\n"
        "while not process.last_lines(): time.sleep(0.01)\n"
        "print(process.pid, flush=True)\ntime.sleep(100)\n"
    )
    supervisor = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert supervisor.stdout is not None
    pid = int(supervisor.stdout.readline())
    os.kill(supervisor.pid, signal.SIGKILL)
    supervisor.wait(PATIENCE)
    supervisor.stdout.close()
    wait_until(lambda: not is_alive(pid))
