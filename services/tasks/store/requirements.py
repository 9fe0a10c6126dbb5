"""What the store's server must be set to, and what it lacks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.tasks.store.place import Kind

# By what INFO calls itself: the first version with WAITAOF.
_WAITAOF_SINCE = (7, 2)


@dataclass(frozen=True)
class ServerFacts:
    """One server as it describes itself; None is what it does not tell.

    version: of Redis, which Valkey names too, for its clients' sake. connected_replicas: those in step now.
    min_replicas: `min-replicas-to-write`.
    """

    name: str
    version: tuple[int, ...]
    appendonly: bool
    appendfsync: str | None
    maxmemory_policy: str
    connected_replicas: int
    min_replicas: int | None


def read_facts(told: str, settings: Mapping[str, str]) -> ServerFacts:
    """Reads the answer to INFO, and that to CONFIG GET as far as it was given."""
    fields = dict(line.split(":", 1) for line in told.splitlines() if ":" in line)
    version = tuple(int(part) for part in fields.get("redis_version", "0").split(".") if part.isdigit())
    valkey = fields.get("valkey_version")
    min_replicas = settings.get("min-replicas-to-write")
    return ServerFacts(
        name=f"Valkey {valkey}" if valkey else f"Redis {fields.get('redis_version', 'of no known version')}",
        version=version,
        appendonly=fields.get("aof_enabled") == "1",
        appendfsync=settings.get("appendfsync"),
        maxmemory_policy=fields.get("maxmemory_policy", ""),
        connected_replicas=int(fields.get("connected_slaves", 0)),
        min_replicas=int(min_replicas) if min_replicas is not None else None,
    )


def shortcomings(facts: ServerFacts, kind: Kind, replicas: int) -> Sequence[str]:
    """What keeps the server from what Radmesh promises, each with what to do.

    replicas: how many must have a task before its create is answered.
    """
    found = []
    if not facts.appendonly:
        found.append("appendonly is off: tasks are lost with the server; set it to yes")
    elif facts.appendfsync is None:
        found.append("CONFIG GET is refused: that appendfsync is always cannot be checked")
    elif facts.appendfsync != "always":
        found.append(f"appendfsync is {facts.appendfsync}: a crash loses the last writes; set it to always")
    if facts.maxmemory_policy != "noeviction":
        found.append(f"maxmemory-policy is {facts.maxmemory_policy}: tasks get lost; set it to noeviction")
    if replicas and facts.version < _WAITAOF_SINCE:
        found.append(
            "the server has no WAITAOF: replicas have a task in memory only; take Redis 7.2 or Valkey"
        )
    if replicas and facts.min_replicas == 0:
        found.append("min-replicas-to-write is 0: a primary that is cut off takes writes; set it to 1")
    if not replicas and (kind is not Kind.SERVER or facts.connected_replicas):
        found.append(
            "nobody waits for replicas: a failover may lose tasks; set RADMESH_TASKS_REDIS_REPLICAS to 1"
        )
    return found
