"""Finds the server that takes the writes: by its URL, by asking Sentinels, or by asking a Cluster."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from redis import exceptions
from redis.asyncio import ConnectionPool
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.crc import key_slot

from services.tasks.store.keys import TAG
from services.tasks.store.place import Address, Kind, Place

SLOT: int = key_slot(TAG.encode())
_MOST_SECONDS = 1.0


class Finder:
    """Makes connections to the server that takes the writes, wherever that is now."""

    def __init__(self, place: Place, timeout: float) -> None:
        """timeout: seconds to connect, and for an answer."""
        self.place = place
        self._timeout = timeout
        self._seeds = list(place.seeds)

    async def primary(self) -> Address | None:
        """Which server takes the writes; None where the URL says it.

        What most of those asked say: one that is cut off from the others may be the last to know.
        Raises redis.exceptions.ConnectionError when none knows.
        """
        if self.place.kind is Kind.SERVER:
            return None
        seeds = list(self._seeds)
        asking = [asyncio.ensure_future(self._opinion(seed)) for seed in seeds]
        opinions: list[Address] = []
        failures: list[BaseException] = []
        try:
            for opinion in asyncio.as_completed(asking):
                try:
                    opinions.append(await opinion)
                except (exceptions.RedisError, OSError) as error:
                    failures.append(error)
                chosen = choose(opinions, len(seeds))
                if chosen is not None:
                    return chosen
        finally:
            for one in asking:
                one.cancel()
            await asyncio.gather(*asking, return_exceptions=True)
        chosen = choose(opinions, len(opinions))
        if chosen is None:
            raise _worst(failures)
        return chosen

    async def connect(self, address: Address | None) -> AbstractConnection:
        """A new connection, ready for commands. Raises those of redis.exceptions, and OSError."""
        connection = _connection(self.place.server_url(address), self._timeout)
        await _open(connection)
        if self.place.kind is Kind.SENTINEL:
            # A Sentinel may not know yet that its primary was replaced.
            role = await _ask(connection, "ROLE")
            if role[0] != b"master":
                connection._close()  # type: ignore[no-untyped-call]
                raise exceptions.ReadOnlyError("READONLY the server that the Sentinels name is a replica")
        return connection

    async def _opinion(self, seed: Address) -> Address:
        connection = _connection(self.place.seed_url(seed), min(self._timeout, _MOST_SECONDS))
        await _open(connection)
        try:
            if self.place.kind is Kind.SENTINEL:
                return sentinel_answer(
                    await _ask(connection, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", self.place.service)
                )
            slots = await _ask(connection, "CLUSTER", "SLOTS")
            self._remember(cluster_nodes(slots, seed))
            return slot_owner(slots, seed)
        finally:
            connection._close()  # type: ignore[no-untyped-call]

    def _remember(self, nodes: Iterable[Address]) -> None:
        """A Cluster's nodes may all be replaced while a process lives; those of the URL stay as well."""
        self._seeds = list(dict.fromkeys([*self.place.seeds, *nodes]))


def choose(opinions: Sequence[Address], asked: int) -> Address | None:
    """What more than half of those asked say; with all heard (`asked` is their number), what most say."""
    if not opinions:
        return None
    (address, votes), *_ = Counter(opinions).most_common(1)
    return address if votes * 2 > asked or len(opinions) == asked else None


def sentinel_answer(answer: Any) -> Address:
    """The address in a Sentinel's answer. Raises redis.exceptions.ConnectionError when it has none."""
    if not answer:
        raise exceptions.ConnectionError("the Sentinels know no primary of this name")
    return Address(answer[0].decode(), int(answer[1]))


def slot_owner(slots: Sequence[Any], asked: Address) -> Address:
    """Who has our slot, by CLUSTER SLOTS. Raises redis.exceptions.ConnectionError when nobody has."""
    for first, last, primary, *_ in slots:
        if first <= SLOT <= last:
            return _node(primary, asked)
    raise exceptions.ConnectionError("no node of the Cluster has the slot of Radmesh")


def cluster_nodes(slots: Sequence[Any], asked: Address) -> list[Address]:
    """All nodes that CLUSTER SLOTS names."""
    return [_node(node, asked) for _, _, *nodes in slots for node in nodes]


def _node(node: Sequence[Any], asked: Address) -> Address:
    # A node that does not know its own name is reached as it was asked.
    host = node[0].decode() if node[0] else ""
    return Address(asked.host if host in ("", "?") else host, int(node[1]))


def _connection(url: str, timeout: float) -> AbstractConnection:
    pool = ConnectionPool.from_url(
        url,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        retry=Retry(NoBackoff(), 0),
        protocol=2,
    )
    return pool.make_connection()  # type: ignore[no-any-return,no-untyped-call]


async def _open(connection: AbstractConnection) -> None:
    try:
        await connection.connect()  # type: ignore[no-untyped-call]
    except RuntimeError as error:
        # What uvloop says of a connection that the other side closed during the handshake.
        connection._close()  # type: ignore[no-untyped-call]
        raise exceptions.ConnectionError(str(error)) from error
    except BaseException:
        connection._close()  # type: ignore[no-untyped-call]
        raise


async def _ask(connection: AbstractConnection, *words: str) -> Any:
    try:
        await connection.send_command(*words)
        return await connection.read_response()
    except BaseException:
        connection._close()  # type: ignore[no-untyped-call]
        raise


def _worst(failures: Sequence[BaseException]) -> BaseException:
    """Of many refusals the one to act on: wrong credentials before a server that is away."""
    for error in failures:
        if isinstance(error, exceptions.AuthenticationError):
            return error
    return failures[0] if failures else exceptions.ConnectionError("nobody knows the primary")
