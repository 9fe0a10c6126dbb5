"""The scripts that every task needs, as a library of functions that the server keeps.

An EVALSHA builds all that the scripts share anew, at every call: most of its time. A library builds it once.
"""

import asyncio
import hashlib
import time
from collections.abc import Mapping, Sequence
from typing import Any

from redis.exceptions import RedisError, ResponseError

from radmesh.errors import UnavailableError
from services.tasks.store.connection import command
from services.tasks.store.line import Line
from services.tasks.store.troubles import Trouble, trouble_of, unavailable

# With what the server is to know of each. `allow-oom`: it runs on a full server too, as it ends work or hands
# it out; its script begins with a write that takes no memory.
FUNCTIONS: Mapping[str, Sequence[str]] = {
    "acquire": ("allow-oom",),
    "create": (),
    "create_batch": (),
    "finish": ("allow-oom",),
    "heartbeat": ("allow-oom",),
    "progress": (),
    "read": ("no-writes",),
}
_PREFIX = "radmesh_"
# Other versions and settings leave theirs behind. Those that are in use come back by themselves.
_MOST_LIBRARIES = 8
_RETRY_SECONDS = 60.0
_REFUSALS = (Trouble.FULL, Trouble.DENIED)


class RefusedError(Exception):
    """The server did not begin with a function. The script of the same name may do."""


class _UnknownError(Exception):
    """The server has no such function."""


class Library:
    """The functions of one version with its settings. Their names say which: several live side by side."""

    def __init__(self, shared: str, bodies: Mapping[str, str]) -> None:
        """shared: what stands before every script. bodies: the scripts themselves, by name."""
        contents = "\n".join([shared, *(bodies[name] for name in FUNCTIONS), repr(FUNCTIONS)])
        self.name = f"{_PREFIX}{hashlib.sha256(contents.encode()).hexdigest()[:16]}"
        self.source = "\n".join(
            [
                f"#!lua name={self.name}",
                "local KEYS, ARGV, functions",
                # At the first call and not here: a library that is loaded has no `table` nor `string` yet.
                "local function build()",
                shared,
                "return { telling = telling,",
                *(f"{name} = function()\n{bodies[name]}\nend," for name in FUNCTIONS),
                "} end",
                *(self._registration(name) for name in FUNCTIONS),
            ]
        )
        self._loading = asyncio.Lock()
        self._loads = 0
        self._retry_at = 0.0

    async def call(self, line: Line, name: str, *words: str | bytes | int) -> Any:
        """Calls a function. A server that does not know it, as after its start, is sent the library.

        Raises RefusedError, and what `command` raises.
        """
        if time.monotonic() < self._retry_at:
            raise RefusedError
        loads = self._loads
        try:
            return await self._ask(line, name, words)
        except _UnknownError:
            await self._load(line, loads)
        try:
            return await self._ask(line, name, words)
        except _UnknownError:
            raise RefusedError from None

    def _registration(self, name: str) -> str:
        flags = ", ".join(f"'{flag}'" for flag in FUNCTIONS[name])
        return (
            f"redis.register_function{{ function_name = '{self.name}_{name}', flags = {{ {flags} }},\n"
            "callback = function(keys, arguments)\n"
            "functions = functions or build()\n"
            "KEYS, ARGV = keys, arguments\n"
            f"return functions.telling(functions.{name})\n"
            "end }"
        )

    async def _ask(self, line: Line, name: str, words: Sequence[str | bytes | int]) -> Any:
        try:
            return await command(line, "FCALL", f"{self.name}_{name}", *words)
        except ResponseError as error:
            if "Function not found" in str(error) or "unknown command" in str(error):
                raise _UnknownError from None
            raise
        except UnavailableError as error:
            cause = Trouble(error.metadata["cause"])
            if cause is Trouble.DENIED:
                self._rest()
            # A full server does not even begin; a script may find that there is nothing to write.
            if cause in _REFUSALS:
                raise RefusedError from error
            raise

    async def _load(self, line: Line, loads: int) -> None:
        """Sends the library, once for all who missed it. Raises RefusedError, UnavailableError."""
        async with self._loading:
            if self._loads != loads:
                return
            try:
                await line.ask("FUNCTION", "LOAD", "REPLACE", self.source)
                await self._delete_surplus(line)
            except (RedisError, OSError) as error:
                trouble = trouble_of(error)
                if trouble is not None and trouble not in _REFUSALS:
                    raise unavailable(trouble) from error
                # Too old a server, or one that lets us have no functions.
                self._rest()
                raise RefusedError from error
            self._loads += 1

    def _rest(self) -> None:
        """Leaves the calls to the scripts for a time."""
        self._retry_at = time.monotonic() + _RETRY_SECONDS

    async def _delete_surplus(self, line: Line) -> None:
        found = await line.ask("FUNCTION", "LIST", "LIBRARYNAME", f"{_PREFIX}*")
        names = [library[library.index(b"library_name") + 1].decode() for library in found]
        if len(names) > _MOST_LIBRARIES:
            for name in names:
                if name != self.name:
                    await line.ask("FUNCTION", "DELETE", name)
