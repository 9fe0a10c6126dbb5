"""When a task counts as stuck: each finding row by row."""

from dataclasses import replace

import pytest

from services.tasks.lifecycle import Cause, State
from services.tasks.stuck import (
    SETTLING_MS,
    Answer,
    Attempts,
    Finding,
    TaskFacts,
    judge,
    read_answer,
    recovers_by_itself,
    recovery_cause,
    summary,
)

NOW = 1_000_000
WELL = TaskFacts(
    task_id="t",
    pipeline="steps",
    state=State.RUNNING,
    attempt=2,
    sequence=5,
    now_ms=NOW,
    worker="w",
    start_ms=NOW - 60_000,
    heartbeat_ms=NOW - 1_000,
    lease_end_ms=NOW + 14_000,
    lease_ms=15_000,
    progress_ms=NOW - 2_000,
    progress_timeout_ms=10_000,
    connected=True,
)
RUNS, SILENT, AWAY, UNKNOWN = Answer.RUNS, Answer.SILENT, Answer.NOT_CONNECTED, Answer.UNKNOWN_ATTEMPT
WAITS = {"state": State.QUEUED, "worker": "", "lease_end_ms": None, "start_ms": None, "progress_ms": None}

ROWS = [
    ({}, RUNS, Finding.NONE),
    ({}, Answer.HOLDS, Finding.NONE),
    ({"state": State.CANCELLING}, RUNS, Finding.NONE),
    # A worker that is busy or stopped for a moment may be well: its lease tells soon.
    ({}, SILENT, Finding.NONE),
    ({}, UNKNOWN, Finding.WORKER_LOST),
    ({"start_ms": NOW - SETTLING_MS + 1}, UNKNOWN, Finding.NONE),
    ({"start_ms": NOW - SETTLING_MS}, UNKNOWN, Finding.WORKER_LOST),
    ({"state": State.CANCELLING}, UNKNOWN, Finding.WORKER_LOST),
    # It may come back to another replica within its lease.
    ({"lease_end_ms": NOW + 7_500}, AWAY, Finding.NONE),
    ({"lease_end_ms": NOW + 7_499}, AWAY, Finding.WORKER_LOST),
    ({"lease_end_ms": NOW + 1}, RUNS, Finding.NONE),
    ({"lease_end_ms": NOW}, RUNS, Finding.HEARTBEAT_EXPIRED),
    ({"lease_end_ms": NOW - 9}, UNKNOWN, Finding.HEARTBEAT_EXPIRED),
    ({"lease_end_ms": None}, RUNS, Finding.ORPHANED),
    ({"lease_end_ms": None, "state": State.CANCELLING}, Answer.NOT_ASKED, Finding.ORPHANED),
    ({"progress_ms": NOW - 10_000}, RUNS, Finding.NONE),
    ({"progress_ms": NOW - 10_001}, RUNS, Finding.NO_PROGRESS),
    ({"progress_ms": NOW - 10_001, "progress_timeout_ms": 0}, RUNS, Finding.NONE),
    # Without any progress yet the start counts.
    ({"progress_ms": None}, RUNS, Finding.NO_PROGRESS),
    ({"start_ms": NOW - 1_799_999}, RUNS, Finding.NONE),
    ({"start_ms": NOW - 1_800_000}, RUNS, Finding.RUNTIME_EXCEEDED),
    ({"start_ms": NOW - 1_800_000, "progress_ms": 0}, RUNS, Finding.NO_PROGRESS),
    # A clock that jumped back.
    ({"start_ms": NOW + 5_000}, UNKNOWN, Finding.NONE),
    ({**WAITS, "queued": True}, Answer.NOT_ASKED, Finding.NONE),
    ({**WAITS, "queued": False}, Answer.NOT_ASKED, Finding.LOST_FROM_QUEUE),
    *(
        ({"state": state, "lease_end_ms": None}, Answer.NOT_ASKED, Finding.NONE)
        for state in (State.AWAITING_REVIEW, State.SUCCEEDED, State.FAILED, State.CANCELLED)
    ),
]


@pytest.mark.parametrize(("changes", "answer", "expected"), ROWS)
def test_findings(changes: dict[str, int], answer: Answer, expected: Finding) -> None:
    assert judge(replace(WELL, **changes), answer, 1_800_000) is expected  # type: ignore[arg-type]


ATTEMPT = frozenset({("t", 2)})
OTHERS = frozenset({("t", 1), ("u", 2)})


@pytest.mark.parametrize(
    ("changes", "said", "expected"),
    [
        ({}, Attempts(ATTEMPT, ATTEMPT, settled=True), Answer.RUNS),
        ({}, Attempts(OTHERS, OTHERS | ATTEMPT, settled=True), Answer.HOLDS),
        ({}, Attempts(OTHERS, OTHERS, settled=True), Answer.UNKNOWN_ATTEMPT),
        # The assignment may have been on its way.
        ({}, Attempts(OTHERS, OTHERS, settled=False), Answer.SILENT),
        ({}, None, Answer.SILENT),
        ({"connected": False}, None, Answer.NOT_CONNECTED),
        ({"worker": ""}, None, Answer.NOT_ASKED),
        ({"state": State.QUEUED}, None, Answer.NOT_ASKED),
    ],
)
def test_what_a_worker_says_is_taken_at_its_word(
    changes: dict[str, bool], said: Attempts | None, expected: Answer
) -> None:
    assert read_answer(replace(WELL, **changes), said) is expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("finding", "answer", "expected"),
    [
        (Finding.NONE, RUNS, False),
        (Finding.ORPHANED, Answer.NOT_ASKED, True),
        (Finding.LOST_FROM_QUEUE, Answer.NOT_ASKED, True),
        (Finding.HEARTBEAT_EXPIRED, SILENT, True),
        (Finding.WORKER_LOST, UNKNOWN, True),
        (Finding.WORKER_LOST, AWAY, False),
        (Finding.NO_PROGRESS, RUNS, False),
        (Finding.RUNTIME_EXCEEDED, RUNS, False),
    ],
)
def test_only_what_is_beyond_doubt_recovers_by_itself(
    finding: Finding, answer: Answer, expected: bool
) -> None:
    assert recovers_by_itself(finding, answer, leases_kept=True) is expected


def test_the_mesh_counts_what_it_recovers_by_itself_where_a_worker_lost_it() -> None:
    counted = {one for one in Finding if recovery_cause(one, by_itself=True) is Cause.LEASE_EXPIRED}
    assert counted == {Finding.WORKER_LOST, Finding.HEARTBEAT_EXPIRED}
    assert {recovery_cause(one, by_itself=False) for one in Finding} == {Cause.RECOVERED}


def test_leases_that_ran_out_while_the_store_was_away_are_nobodys_fault() -> None:
    assert not recovers_by_itself(Finding.HEARTBEAT_EXPIRED, SILENT, leases_kept=False)


@pytest.mark.parametrize(
    ("running", "findings", "expected"),
    [
        (0, [], "0 tasks run; nothing is stuck."),
        (1, [Finding.NONE], "1 task runs; nothing is stuck."),
        (1, [Finding.ORPHANED], "1 task runs; 1 is stuck: 1 held by no worker."),
        (
            3,
            [Finding.LOST_FROM_QUEUE, Finding.WORKER_LOST, Finding.LOST_FROM_QUEUE],
            "3 tasks run; 3 are stuck: 1 lost by the worker, 2 lost from the queue.",
        ),
    ],
)
def test_the_summary_says_it_in_words(running: int, findings: list[Finding], expected: str) -> None:
    assert summary(running, findings) == expected
