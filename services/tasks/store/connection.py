"""Connections to Redis, and what it means when they fail."""

import asyncio
from typing import Any

from redis import exceptions
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from radmesh.errors import UnavailableError

# The server cannot answer now, though the command is right: away, loading, full, or no longer the primary.
_AWAY = (
    exceptions.ConnectionError,
    exceptions.TimeoutError,
    exceptions.ReadOnlyError,
    exceptions.OutOfMemoryError,
    exceptions.ClusterDownError,
    exceptions.TryAgainError,
    OSError,
)
_AWAY_PREFIXES = ("MISCONF", "NOREPLICAS", "BUSY ")


def connect(url: str, *, connections: int, timeout: float) -> "Redis":
    """Makes a client that connects when first used, and again after a failure.

    It repeats nothing by itself (redis-py does so ten times): only the caller knows what may be repeated.
    timeout: seconds to wait for a free connection, to connect, and for an answer.
    """
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=connections,
        timeout=timeout,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        retry=Retry(NoBackoff(), 0),
        protocol=2,
    )
    return Redis.from_pool(pool)


def is_away(error: BaseException) -> bool:
    """Whether an error of redis-py says that the server cannot answer now."""
    if isinstance(error, _AWAY):
        return True
    return isinstance(error, exceptions.ResponseError) and str(error).startswith(_AWAY_PREFIXES)


async def command(redis: "Redis", *words: str | bytes | int) -> Any:
    """Runs one command. Raises UnavailableError, STORE_UNAVAILABLE, when the server cannot answer now."""
    task = asyncio.current_task()
    cancels = task.cancelling() if task else 0
    try:
        return await redis.execute_command(*words)  # type: ignore[no-untyped-call]
    except (exceptions.RedisError, OSError) as error:
        if not is_away(error):
            raise
        raise UnavailableError(
            "The store of tasks cannot be reached now. Repeat the call.",
            reason="STORE_UNAVAILABLE",
            retry_after=1.0,
        ) from error
    finally:
        # redis-py sends by asyncio.wait_for, which before Python 3.12 swallows a cancel that comes when the
        # sending is just done (cpython#86296). A loop that was told to stop would then go on for ever.
        if task and task.cancelling() > cancels:
            raise asyncio.CancelledError
