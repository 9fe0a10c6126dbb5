"""`python -m tests.chaos --seconds 60`: breaks a mesh, says which promises held, exits 1 if one did not."""

import argparse
import asyncio
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.chaos.run import Plan, Verdict, run

_MOST_SHOWN = 20


def main() -> None:
    """Runs and prints."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="time to break things (60)")
    parser.add_argument("--faults", type=int, help="stop early after so many faults")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--folder", type=Path, help="where the mesh works; kept, with its logs")
    parser.add_argument("--settle", type=float, default=90.0, help="time to end what was begun (90)")
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="radmesh-chaos-") as temporary:
        folder = arguments.folder or Path(temporary)
        plan = Plan(
            folder,
            arguments.seconds,
            arguments.seed,
            arguments.faults,
            settle_seconds=arguments.settle,
        )
        verdict = asyncio.run(run(plan))
    show(verdict)
    sys.exit(0 if verdict.good else 1)


def show(verdict: Verdict) -> None:
    """Prints a verdict."""
    print(f"{verdict.faults.total()} faults in {verdict.seconds:.0f} s:")
    for name, count in sorted(verdict.faults.items()):
        print(f"  {count:5} {name}")
    print(f"operators: {_listed(verdict.operations)}; {verdict.recovered} attempts put back")
    print(f"reviewers: {_listed(verdict.decisions)}")
    print(f"{verdict.tasks} tasks acknowledged: {_listed(verdict.states)}")
    print(f"{verdict.events_seen} messages seen on {verdict.streams} streams")
    for refusal in verdict.refusals[:_MOST_SHOWN]:
        print(f"  refused: {refusal}")
    for violation in verdict.violations[:_MOST_SHOWN]:
        print(f"  {violation}")
    if not verdict.good:
        broken = Counter(violation.promise for violation in verdict.violations)
        broken["calls refused"] = len(verdict.refusals)
        print(f"broken: {_listed(+broken)}")
    print(f"{len(verdict.violations)} violations, {len(verdict.refusals)} refusals; seed {verdict.seed}")


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items())) or "nothing"


if __name__ == "__main__":
    main()
