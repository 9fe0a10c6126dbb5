"""Which server takes the writes, by what Sentinels and nodes of a Cluster say."""

import pytest
from redis import exceptions

from services.tasks.store.finder import SLOT, choose, cluster_nodes, sentinel_answer, slot_owner
from services.tasks.store.place import Address

A, B = Address("a", 1), Address("b", 2)


def test_more_than_half_decide_at_once_and_the_most_when_all_have_spoken() -> None:
    assert choose([], 3) is None
    assert choose([A], 3) is None
    assert choose([A, A], 3) == A
    assert choose([B, A, A], 3) == A, "one that was cut off is the last to know"
    assert choose([A], 1) == A


def test_sentinels_that_know_no_primary_are_no_answer() -> None:
    assert sentinel_answer([b"10.0.0.1", b"6379"]) == Address("10.0.0.1", 6379)
    with pytest.raises(exceptions.ConnectionError):
        sentinel_answer(None)


def test_a_cluster_tells_who_has_our_slot() -> None:
    slots = [
        [0, SLOT - 1, [b"a", 1, b"id"]],
        [SLOT, 16383, [b"", 2, b"id"], [b"?", 3, b"id"], [None, 4, b"id"]],
    ]
    asked = Address("asked", 9)
    assert slot_owner(slots, asked) == Address("asked", 2)
    assert [node.port for node in cluster_nodes(slots, asked)] == [1, 2, 3, 4]
    with pytest.raises(exceptions.ConnectionError):
        slot_owner(slots[:1], asked)
