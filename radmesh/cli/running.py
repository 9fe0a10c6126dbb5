"""Runs what a command does, and turns how it ends into words and an exit code."""

import asyncio
import errno
import os
import sys
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from enum import IntEnum
from typing import Any

import typer

from radmesh import errors
from radmesh.cli import consoles, rows
from radmesh.client import Client, Patience

# What a command at a terminal bears of an absent server: little at first contact, where a wrong address is
# the likely cause; a restart of the whole mesh while a task is followed.
_FIRST_CONTACT_SECONDS = 3.0
_ASKING = Patience(give_up_seconds=8.0)
_FOLLOWING = Patience(give_up_seconds=300.0)


class ExitCode(IntEnum):
    """What `radmesh` tells a shell."""

    DONE = 0
    TASK_FAILED = 1
    USAGE = 2
    UNREACHABLE = 3
    STUCK = 4
    INTERRUPTED = 130


class UsageError(errors.RadmeshError):
    """The command line asks for what cannot be done; the message says what can."""

    code = errors.Code.INVALID_ARGUMENT
    reason = "USAGE"


_WRONG_REQUEST = (
    UsageError,
    errors.InvalidRequestError,
    errors.CallbackRefusedError,
    errors.NotFoundError,
    errors.PermissionDeniedError,
    errors.NotAwaitingReviewError,
    errors.ReviewChangedError,
    errors.PipelineInUseError,
)


def run(work: Coroutine[Any, Any, ExitCode], *, as_json: bool) -> None:
    """Does the work of a command and exits with its code."""
    try:
        code = asyncio.run(work)
    except errors.RadmeshError as error:
        complain(error, as_json=as_json)
        code = exit_code(error)
    except ExceptionGroup as group:
        if group.subgroup(BrokenPipeError) is None:
            raise
        # What is printed has no reader any more, as after `| head`. Typer ends quietly on the plain error.
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE)) from None
    except KeyboardInterrupt:
        code = ExitCode.INTERRUPTED
    raise typer.Exit(int(code))


def complain(error: errors.RadmeshError, *, as_json: bool) -> None:
    """Says what is wrong, to people on stderr; to programs also as an object on stdout."""
    if as_json:
        rows.emit({"error": rows.error_row(error)})
    consoles.stderr().print(f"Error: {error.message}", markup=False)
    sys.stderr.flush()


def exit_code(error: errors.RadmeshError) -> ExitCode:
    """The exit code of an error that ends a command."""
    if isinstance(error, errors.UnavailableError | errors.DeadlineExceededError):
        return ExitCode.UNREACHABLE
    if isinstance(error, _WRONG_REQUEST):
        return ExitCode.USAGE
    return ExitCode.TASK_FAILED


@asynccontextmanager
async def connect(server: str, *, following: bool = False) -> AsyncGenerator[Client, None]:
    """A client whose server answers. following: whether a task's end is waited for."""
    async with Client(server, patience=_FOLLOWING if following else _ASKING) as client:
        await client.connect(_FIRST_CONTACT_SECONDS)
        yield client
