"""One command to the store, and what it means when it fails."""

from typing import Any

from redis import exceptions

from services.tasks.store.line import Line
from services.tasks.store.troubles import Trouble, trouble_of, unavailable


async def command(line: Line, *words: str | bytes | int) -> Any:
    """Runs one command. Raises UnavailableError, STORE_UNAVAILABLE, when the server cannot answer now."""
    try:
        return await line.ask(*words)
    except (exceptions.RedisError, OSError) as error:
        trouble = trouble_of(error)
        if trouble is None:
            raise
        raise unavailable(trouble) from error


async def look_again(line: Line) -> None:
    """See Line.look_again. Raises UnavailableError."""
    try:
        await line.look_again()
    except (exceptions.RedisError, OSError) as error:
        raise unavailable(trouble_of(error) or Trouble.AWAY) from error
