"""`python -m tests.chaos.mutants`: puts one defect after another into the code, and sees whether a run tells.

Each mutant is a copy of the tree with one change. One that no run tells of shows what the runs cannot see.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_PARTS = ("radmesh", "services", "tests")
_SETTLE_SECONDS = 30
# To start, to settle twice and to check. A run whose clients wait for ever ends by itself.
_SLACK_SECONDS = 200.0
_BROKEN = "broken: "


@dataclass(frozen=True)
class Mutant:
    """One defect. file: below the root. old, new: what is replaced; it stands there once."""

    name: str
    file: str
    old: str
    new: str


_LUA = "services/tasks/lua"

MUTANTS = (
    Mutant(
        "a lease is never lost",
        f"{_LUA}/moves.lua",
        "return LEASED[task.state] and task.attempt == tonumber(attempt) and task.token == token",
        "return LEASED[task.state]",
    ),
    Mutant(
        "every fifth task is handed out twice",
        f"{_LUA}/acquire.lua",
        "  move(task, 'ASSIGNED', now, { worker = worker, nonce = ARGV[6] })\n",
        "  move(task, 'ASSIGNED', now, { worker = worker, nonce = ARGV[6] })\n"
        "  if redis.call('INCR', key('handed-out')) % 5 == 0 then\n"
        "    local score = heads[taken_from].score\n"
        "    gathered.last[#gathered.last + 1] = function()\n"
        "      redis.call('ZADD', ready_key(task.pipeline), score, task.id)\n"
        "    end\n"
        "  end\n",
    ),
    Mutant(
        "an event is told and not logged",
        f"{_LUA}/log.lua",
        "  if redis.call('RPUSH', log_key(task.id), event) > SETTINGS.log_events then",
        "  if change.reason == 'LEASE_EXPIRED' then\n"
        "    feed('event', 'task', task.id, 'event', event)\n"
        "    return\n"
        "  end\n"
        "  if redis.call('RPUSH', log_key(task.id), event) > SETTINGS.log_events then",
    ),
    Mutant(
        "an outcome is acknowledged though it could not be written",
        "services/tasks/lease_reports.py",
        "                if self._over:\n                    raise\n",
        "                return [True] * len(outcomes)\n",
    ),
    Mutant(
        "a create forgets its request id",
        f"{_LUA}/creating.lua",
        "  redis.call('HSET', request, 'fingerprint', new.fingerprint, 'task', new.id)\n",
        "",
    ),
    Mutant(
        "an acknowledged write is not on disk",
        "services/tasks/redis_server.py",
        '"appendonly": "yes"',
        '"appendonly": "no"',
    ),
    Mutant(
        "a watch that is resumed begins one event too late",
        "services/chassis/watcher.py",
        "self.cursor = log.subject.sequence if after is None else after\n",
        "self.cursor = log.subject.sequence if after is None else after + 1\n",
    ),
    Mutant(
        "a paused pipeline goes on",
        f"{_LUA}/acquire.lua",
        "  if not paused[index - 6] then heads[ARGV[index]] = head_of(ARGV[index]) end\n",
        "  heads[ARGV[index]] = head_of(ARGV[index])\n",
    ),
    Mutant(
        "a paused worker goes on",
        f"{_LUA}/acquire.lua",
        "if session[2] then return { 'NONE' } end\n",
        "",
    ),
    Mutant(
        "every reviewer hears that the decision was taken",
        f"{_LUA}/review.lua",
        "then return { 'NOT_AWAITING', task.state } end",
        "then return { 'FOUND', unpack(record(task.id, task.pipeline)) } end",
    ),
    Mutant(
        "a recovery does not look again",
        f"{_LUA}/recover.lua",
        "  return 'CHANGED'\nend\n",
        "end\n",
    ),
)


def main() -> None:
    """Runs them and prints a line for each; exits with 1 if one was not found."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.mutants", description=__doc__)
    parser.add_argument("--seconds", type=float, default=100.0, help="time to break things, for each (100)")
    parser.add_argument("--seed", type=int, default=1, help="seed of every run (1)")
    parser.add_argument("--only", default="", help="only those whose name contains this")
    arguments = parser.parse_args()
    chosen = [mutant for mutant in MUTANTS if arguments.only in mutant.name]
    missed = [mutant for mutant in chosen if not _try(mutant, arguments.seconds, arguments.seed)]
    print(f"{len(chosen) - len(missed)} of {len(chosen)} mutants were found")
    sys.exit(1 if missed else 0)


def _try(mutant: Mutant, seconds: float, seed: int) -> bool:
    """Whether a run tells of a mutant."""
    with tempfile.TemporaryDirectory(prefix="radmesh-mutant-") as temporary:
        root = Path(temporary)
        for part in _PARTS:
            shutil.copytree(_ROOT / part, root / part, ignore=shutil.ignore_patterns("__pycache__"))
        mutate(root, mutant)
        began = time.monotonic()
        line = [sys.executable, "-m", "tests.chaos", "--seconds", str(seconds), "--seed", str(seed)]
        run = subprocess.run(
            [*line, "--settle", str(_SETTLE_SECONDS)],
            cwd=root,
            env={**os.environ, "PYTHONPATH": str(root)},
            capture_output=True,
            text=True,
            timeout=seconds + _SLACK_SECONDS,
            check=False,
        )
    told = [line for line in run.stdout.splitlines() if line.startswith(_BROKEN)]
    what = (
        told[0].removeprefix(_BROKEN) if told else f"NOT FOUND (exit {run.returncode}) {run.stderr[-1500:]}"
    )
    print(f"{mutant.name}: {what} ({time.monotonic() - began:.0f} s)", flush=True)
    return bool(told) and run.returncode == 1


def mutate(root: Path, mutant: Mutant) -> None:
    """Puts a defect into a copy of the tree. Raises ValueError when the code is not what it was."""
    path = root / mutant.file
    text = path.read_text()
    if text.count(mutant.old) != 1:
        raise ValueError(f"{mutant.name}: {mutant.file} has changed; change the mutant too")
    path.write_text(text.replace(mutant.old, mutant.new))


if __name__ == "__main__":
    main()
