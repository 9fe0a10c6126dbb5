"""What `radmesh doctor` looks at on this machine. torch and Redis are met in processes of their own."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from radmesh.mesh.ports import LOOPBACK, ReservedPort

_PROBE_SECONDS = 60.0
_INSTALL = "Install the services: pip install 'radmesh[services]'."
_LOW_BYTES = 5_000_000_000
_LEAST_BYTES = 1_000_000_000

_DEVICE_PROBE = """
import json, os, torch
cuda = torch.cuda.is_available()
name = torch.cuda.get_device_name(0) if cuda else f"CPU, {os.cpu_count()} cores"
print(json.dumps({"cuda": cuda, "name": name, "torch": torch.__version__, "built_for": torch.version.cuda}))
"""
_MODELS_PROBE = """
import json, sys
from pathlib import Path
from services.chassis.models import read_manifest
from radmesh.errors import RadmeshError
for folder in sorted(path.parent for path in Path(sys.argv[1]).glob("*/model.toml")):
    try:
        model = read_manifest(folder)
        line = {"name": model.name, "weights": [one.name.rpartition("/")[2] for one in model.weights]}
    except RadmeshError as error:
        line = {"name": f"models/{folder.name}", "broken": error.message}
    print(json.dumps(line))
"""


class Level(Enum):
    """How good a finding is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's. advice: what to do; empty when nothing is to be done."""

    check: str
    level: Level
    found: str
    advice: str = ""


def device() -> Finding:
    """What models run on."""
    lines, problem = _probe(_DEVICE_PROBE)
    if not lines:
        return Finding("device", Level.FAIL, f"torch cannot be used: {problem}", _INSTALL)
    found = json.loads(lines[-1])
    words = f"{found['name']}, torch {found['torch']}"
    if found["built_for"] and not found["cuda"]:
        return Finding(
            "device", Level.WARN, words, "torch is built for CUDA but sees no GPU; check the driver."
        )
    return Finding("device", Level.OK, words)


def redis(url: str | None) -> Finding:
    """The store of `tasks`: the one at `url`, else the embedded one, started for a moment."""
    return _redis_at(url) if url else _embedded_redis()


def models(folder: Path) -> list[Finding]:
    """The models in a folder, with their weights checked."""
    lines, problem = _probe(_MODELS_PROBE, str(folder))
    if problem:
        return [Finding("models", Level.FAIL, problem, _INSTALL)]
    if not lines:
        return [Finding("models", Level.WARN, f"none in {folder}", "Set the folder that holds */model.toml.")]
    return [_model(json.loads(line)) for line in lines]


def disk(folder: Path) -> Finding:
    """Free space where images, artifacts and tasks are kept."""
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(existing).free
    words = f"{free / 1e9:.1f} GB free at {folder}"
    if free < _LEAST_BYTES:
        return Finding("disk", Level.FAIL, words, "Free some space: uploads are refused soon.")
    if free < _LOW_BYTES:
        return Finding("disk", Level.WARN, words, "Free some space before large studies come.")
    return Finding("disk", Level.OK, words)


def port(number: int, *, radmesh_answers: bool) -> Finding:
    """The port of the gateway on this machine."""
    name = f"port {number}"
    if radmesh_answers:
        return Finding(name, Level.OK, "Radmesh answers")
    with socket.socket() as probe:
        probe.settimeout(1.0)
        if probe.connect_ex((LOOPBACK, number)) == 0:
            advice = "Stop it, or run `radmesh up --port` with another."
            return Finding(name, Level.FAIL, "another program answers", advice)
    return Finding(name, Level.OK, "free for `radmesh up`")


def _model(line: dict[str, object]) -> Finding:
    name = str(line["name"])
    if "broken" in line:
        return Finding(name, Level.FAIL, str(line["broken"]), "Copy the model's folder again.")
    weights = line["weights"]
    assert isinstance(weights, list)
    return Finding(name, Level.OK, f"weights {', '.join(weights)}, digests right")


def _redis_at(url: str) -> Finding:
    command = _module("services.tasks.store_check")
    lines, problem = _run(command, {**os.environ, "RADMESH_TASKS_REDIS_URL": url})
    if not lines:
        return Finding("redis", Level.FAIL, problem, "Check RADMESH_TASKS_REDIS_URL and that it runs.")
    lacks = json.loads(lines[-1])["shortcomings"]
    if lacks:
        return Finding("redis", Level.FAIL, "; ".join(lacks), "See docs/redis.md.")
    return Finding("redis", Level.OK, "answers, and is set as it must be")


def _embedded_redis() -> Finding:
    place = ReservedPort()
    with tempfile.TemporaryDirectory(prefix="radmesh-doctor-") as folder:
        command = _module("services.tasks.redis_server", "--port", str(place.number), "--dir", folder)
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            answered = _answers_ping(server, place.number)
        finally:
            server.kill()
            output, _ = server.communicate()
            place.release()
    if answered:
        return Finding("redis", Level.OK, "the embedded one starts and answers")
    last = output.decode(errors="replace").strip().splitlines()[-1:] or ["no answer"]
    return Finding("redis", Level.FAIL, f"the embedded one does not start: {last[0]}", _INSTALL)


def _answers_ping(server: subprocess.Popen[bytes], number: int) -> bool:
    deadline = time.monotonic() + 10
    while server.poll() is None and time.monotonic() < deadline:
        try:
            with socket.create_connection((LOOPBACK, number), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            time.sleep(0.02)
    return False


def _probe(code: str, *arguments: str) -> tuple[list[str], str]:
    """What a Python process prints, and the last line of its complaint when it fails."""
    return _run([sys.executable, "-c", code, *arguments], os.environ)


def _run(command: Sequence[str], environment: Mapping[str, str]) -> tuple[list[str], str]:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_PROBE_SECONDS, env=environment, check=False
        )
    except subprocess.TimeoutExpired:
        return [], f"no answer within {_PROBE_SECONDS:.0f} s"
    if done.returncode:
        complaint: Sequence[str] = done.stderr.strip().splitlines()
        return [], complaint[-1] if complaint else f"exit code {done.returncode}"
    return done.stdout.splitlines(), ""


def _module(name: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", name, *arguments]
