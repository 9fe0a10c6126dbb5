"""What the store's server lacks for what Radmesh promises."""

from dataclasses import replace

from services.tasks.store.place import Kind
from services.tasks.store.requirements import ServerFacts, read_facts, shortcomings

GOOD = ServerFacts("Valkey 9.1.2", (7, 2, 4), True, "always", "noeviction", 1, 1)


def test_a_server_that_is_set_right_has_none() -> None:
    assert shortcomings(GOOD, Kind.SENTINEL, 1) == []
    assert shortcomings(replace(GOOD, connected_replicas=0, min_replicas=0), Kind.SERVER, 0) == []


def test_each_shortcoming_is_named_with_what_to_do() -> None:
    def told(replicas: int = 1, **changes: object) -> str:
        (only,) = shortcomings(replace(GOOD, **changes), Kind.SENTINEL, replicas)  # type: ignore[arg-type]
        return only

    assert "appendonly is off" in told(appendonly=False)
    assert "appendfsync is everysec" in told(appendfsync="everysec")
    assert "cannot be checked" in told(appendfsync=None)
    assert "maxmemory-policy is allkeys-lru" in told(maxmemory_policy="allkeys-lru")
    assert "no WAITAOF" in told(version=(7, 0, 15))
    assert "min-replicas-to-write is 0" in told(min_replicas=0)
    assert "nobody waits for replicas" in told(replicas=0)


def test_a_single_server_that_has_replicas_is_noticed() -> None:
    (only,) = shortcomings(GOOD, Kind.SERVER, 0)
    assert "nobody waits for replicas" in only


def test_facts_are_read_from_what_servers_say() -> None:
    told = "# Server\r\nredis_version:7.2.4\r\nvalkey_version:9.1.2\r\naof_enabled:1\r\n"
    told += "maxmemory_policy:noeviction\r\nconnected_slaves:1\r\n"
    assert read_facts(told, {"appendfsync": "always", "min-replicas-to-write": "1"}) == GOOD
    old = read_facts("redis_version:6.0.16\r\n", {})
    assert (old.name, old.version, old.appendfsync, old.min_replicas) == (
        "Redis 6.0.16",
        (6, 0, 16),
        None,
        None,
    )
