"""What a worker's answers mean on its own stream."""

from radmesh.tasks.v1 import worker_service_pb2 as work
from services.tasks.inspections import Inspections
from services.tasks.stuck import Attempts

RUNS = work.Lease(task=f"tasks/{'a' * 32}", attempt=1, token="t")
HOLDS = work.Lease(task=f"tasks/{'b' * 32}", attempt=3, token="t")
BROKEN = work.Lease(task="?", attempt=-1)


def inspection(inspect_id: int) -> work.WorkerInspection:
    return work.WorkerInspection(inspect_id=inspect_id, running=[RUNS, BROKEN], held=[HOLDS, BROKEN])


def test_what_runs_is_held_too_and_what_cannot_be_a_lease_is_passed_over() -> None:
    inspections = Inspections()
    assert inspections.ask(7, settled=True).inspect.inspect_id == 7
    running, held = ("a" * 32, 1), ("b" * 32, 3)
    said = inspections.answer(inspection(7))
    assert said == Attempts(frozenset({running}), frozenset({running, held}), settled=True)


def test_an_answer_counts_once_and_only_to_a_question() -> None:
    inspections = Inspections()
    inspections.ask(7, settled=False)
    assert inspections.answer(inspection(8)) is None
    said = inspections.answer(inspection(7))
    assert said is not None
    assert not said.settled
    assert inspections.answer(inspection(7)) is None


def test_a_worker_that_never_answers_fills_no_memory() -> None:
    inspections = Inspections()
    for inspect_id in range(100):
        inspections.ask(inspect_id, settled=True)
    assert inspections.answer(inspection(0)) is None
    assert inspections.answer(inspection(99)) is not None
