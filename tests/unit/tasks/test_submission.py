"""When and how urgently a task is to run, and the hash that stands for its dedupe key."""

import pytest

from services.tasks.priority import HEAD_STARTS, Priority, ready_score
from services.tasks.submission import dedupe_hash


def test_a_hash_stands_for_one_key_of_one_owner_and_pipeline() -> None:
    asked = [
        (b"s", "alice", "octa", "key"),
        (b"t", "alice", "octa", "key"),
        (b"s", "bob", "octa", "key"),
        (b"s", "alice", "ct", "key"),
        (b"s", "alice", "octa", "key "),
        (b"s", "aliceo", "cta", "key"),
    ]
    assert len({dedupe_hash(*one) for one in asked}) == len(asked)
    assert dedupe_hash(*asked[0]) == dedupe_hash(*asked[0])
    assert dedupe_hash(b"", "alice", "octa", "") == ""
    with pytest.raises(ValueError, match="secret"):
        dedupe_hash(b"", "alice", "octa", "key")


def test_an_urgent_task_is_ahead_of_what_came_less_than_its_head_start_before() -> None:
    assert [ready_score(0, HEAD_STARTS[one]) for one in Priority] == [-604_800_000, -3_600_000, 0, 3_600_000]
    assert ready_score(3_600_000, HEAD_STARTS[Priority.URGENT]) == ready_score(
        0, HEAD_STARTS[Priority.ROUTINE]
    )
