"""The seed of a run decides everything that is done in it."""

from itertools import islice
from pathlib import Path

import pytest

from tests.chaos.mutants import MUTANTS, Mutant, mutate
from tests.chaos.plan import Deed, Fault, steps
from tests.chaos.submissions import Choice, TaskPlan, submissions

_ROOT = Path(__file__).resolve().parents[3]


def test_the_same_seed_is_the_same_plan() -> None:
    assert list(islice(steps(7), 500)) == list(islice(steps(7), 500))
    for submitter in range(3):
        assert list(islice(submissions(7, submitter), 100)) == list(islice(submissions(7, submitter), 100))


def test_another_seed_or_submitter_is_another_plan() -> None:
    assert list(islice(steps(7), 5)) != list(islice(steps(8), 5))
    assert next(submissions(7, 0)) != next(submissions(7, 1))
    assert next(submissions(7, 0)) != next(submissions(8, 0))


def test_every_short_run_has_operators_too() -> None:
    for seed in range(200):
        assert any(not isinstance(step.action, Fault) for step in islice(steps(seed), 7)), seed


def test_a_minute_has_faults_deeds_and_decisions_of_every_kind() -> None:
    actions = [step.action for step in islice(steps(1), 130)]
    assert {one.deed for one in actions if not isinstance(one, Fault)} == set(Deed)
    assert len({str(one) for one in actions if isinstance(one, Fault)}) > 20
    tasks = [plan for plan in islice(submissions(1, 0), 100) if isinstance(plan, TaskPlan)]
    decisions = [one for plan in tasks for stage in plan.decisions for one in stage]
    assert {one.choice for one in decisions} == set(Choice)
    assert any(plan.decisions and not all(plan.decisions) for plan in tasks), "nobody lets a review expire"


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_every_mutant_still_finds_the_code_that_it_breaks(mutant: Mutant, tmp_path: Path) -> None:
    copy = tmp_path / mutant.file
    copy.parent.mkdir(parents=True)
    copy.write_text((_ROOT / mutant.file).read_text())
    mutate(tmp_path, mutant)
    assert copy.read_text() != (_ROOT / mutant.file).read_text()
