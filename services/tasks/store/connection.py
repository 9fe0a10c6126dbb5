"""Connections to Redis, and what it means when they fail."""

from typing import Any

from redis import exceptions

from radmesh.errors import UnavailableError
from services.tasks.store.line import Line

# The server cannot answer now, though the command is right: away, or in an answer that begins so, loading,
# full, or no longer the primary.
_AWAY = (exceptions.ConnectionError, exceptions.TimeoutError, OSError)
_AWAY_PREFIXES = (
    *("LOADING", "READONLY", "OOM", "MISCONF", "NOREPLICAS", "BUSY "),
    *("CLUSTERDOWN", "TRYAGAIN", "MASTERDOWN"),
)


def connect(url: str, *, timeout: float) -> Line:
    """A connection that is made when first used, and again after a failure.

    timeout: seconds to connect, and for an answer.
    """
    return Line(url, timeout)


def is_away(error: BaseException) -> bool:
    """Whether an error says that the server cannot answer now."""
    if isinstance(error, _AWAY):
        return True
    return isinstance(error, exceptions.ResponseError) and str(error).startswith(_AWAY_PREFIXES)


async def command(line: Line, *words: str | bytes | int) -> Any:
    """Runs one command. Raises UnavailableError, STORE_UNAVAILABLE, when the server cannot answer now."""
    try:
        return await line.ask(*words)
    except (exceptions.RedisError, OSError) as error:
        if not is_away(error):
            raise
        raise UnavailableError(
            "The store of tasks cannot be reached now. Repeat the call.",
            reason="STORE_UNAVAILABLE",
            retry_after=1.0,
        ) from error
