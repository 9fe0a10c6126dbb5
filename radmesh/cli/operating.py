"""`radmesh tasks check|recover|pause|resume|workers|audit`: what operators do."""

from datetime import timedelta
from typing import Annotated

import typer

from radmesh.cli import consoles, operating_rows, operating_tables, rows
from radmesh.cli.options import SERVER_DEFAULT, Json, Server
from radmesh.cli.running import ExitCode, connect, run
from radmesh.cli.spans import parse_span


def _span(text: str) -> timedelta:
    try:
        return parse_span(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} {error}") from None


MaxRuntime = Annotated[
    timedelta,
    typer.Option("--max-runtime", parser=_span, metavar="SPAN", help="Running time that counts as too long."),
]
THIRTY_MINUTES: timedelta = "30m"  # type: ignore[assignment]  # typer parses defaults too
Target = Annotated[str, typer.Argument(help="Pipeline, or `workers/…` for one worker.")]


def check(
    max_runtime: MaxRuntime = THIRTY_MINUTES, as_json: Json = False, server: Server = SERVER_DEFAULT
) -> None:
    """Looks for stuck tasks; changes nothing. Exit code 4 when something is stuck."""
    run(_check(server, max_runtime, as_json), as_json=as_json)


def recover(  # noqa: PLR0917  # typer's way to say what a command takes
    task: Annotated[list[str] | None, typer.Argument(help="Only these; all when none is named.")] = None,
    max_runtime: MaxRuntime = THIRTY_MINUTES,
    force: Annotated[bool, typer.Option("--force", help="Also what runs well.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
    server: Server = SERVER_DEFAULT,
) -> None:
    """Puts stuck tasks back into the queue, for another attempt."""
    which = f"{len(task)} named tasks" if task else "ALL running tasks"
    if force and not yes:
        typer.confirm(f"Stop {which}, also those that run well, and begin them again?", abort=True, err=True)
    run(_recover(server, task or [], max_runtime, force=force, as_json=as_json), as_json=as_json)


def pause(
    name: Target,
    reason: Annotated[str, typer.Option("--reason", help="Why, for all who wait.")] = "",
    as_json: Json = False,
    server: Server = SERVER_DEFAULT,
) -> None:
    """Stops handing out tasks of a pipeline or to a worker. What runs goes on."""
    run(_pause(server, name, reason, paused=True, as_json=as_json), as_json=as_json)


def resume(name: Target, as_json: Json = False, server: Server = SERVER_DEFAULT) -> None:
    """Hands out tasks of a pipeline, or to a worker, again."""
    run(_pause(server, name, "", paused=False, as_json=as_json), as_json=as_json)


def workers(as_json: Json = False, server: Server = SERVER_DEFAULT) -> None:
    """Lists the workers that are connected or hold tasks."""
    run(_workers(server, as_json), as_json=as_json)


def audit(
    limit: Annotated[int, typer.Option("--limit", min=1, help="Most records to list.")] = 50,
    as_json: Json = False,
    server: Server = SERVER_DEFAULT,
) -> None:
    """Lists what operators did, newest first."""
    run(_audit(server, limit, as_json), as_json=as_json)


async def _check(server: str, max_runtime: timedelta, as_json: bool) -> ExitCode:
    async with connect(server) as client:
        answer = await client.admin.check_stuck_tasks(max_runtime)
    if as_json:
        for finding in answer.findings:
            rows.emit(operating_rows.finding_row(finding))
        rows.emit(operating_rows.check_row(answer))
    else:
        if answer.findings:
            consoles.stdout().print(operating_tables.findings(answer.findings))
        consoles.stdout().print(answer.summary, markup=False)
    return ExitCode.STUCK if answer.stuck_count else ExitCode.DONE


async def _recover(
    server: str, names: list[str], max_runtime: timedelta, *, force: bool, as_json: bool
) -> ExitCode:
    async with connect(server) as client:
        answer = await client.admin.recover_tasks(names, max_runtime=max_runtime, force=force)
    if as_json:
        for recovery in answer.recoveries:
            rows.emit(operating_rows.recovery_row(recovery))
        rows.emit(operating_rows.recover_row(answer))
    else:
        if answer.recoveries:
            consoles.stdout().print(operating_tables.recoveries(answer.recoveries))
        consoles.stdout().print(answer.summary, markup=False)
    return ExitCode.DONE


async def _pause(server: str, name: str, reason: str, *, paused: bool, as_json: bool) -> ExitCode:
    async with connect(server) as client:
        admin = client.admin
        if name.startswith("workers/"):
            changed = await (admin.pause_worker(name) if paused else admin.resume_worker(name))
            told = changed.name
        else:
            call = admin.pause_pipeline(name, reason) if paused else admin.resume_pipeline(name)
            told = (await call).name
    if as_json:
        rows.emit({"name": told, "paused": paused})
    else:
        consoles.stdout().print(f"{told} is {'paused' if paused else 'resumed'}.", markup=False)
    return ExitCode.DONE


async def _workers(server: str, as_json: bool) -> ExitCode:
    async with connect(server) as client:
        found = [worker async for worker in client.admin.workers()]
    if as_json:
        for worker in found:
            rows.emit(operating_rows.worker_row(worker))
    else:
        consoles.stdout().print(operating_tables.workers(found) if found else "No worker is connected.")
    return ExitCode.DONE


async def _audit(server: str, limit: int, as_json: bool) -> ExitCode:
    found = []
    async with connect(server) as client:
        async for record in client.admin.audit_records(page_size=min(limit, 500)):
            found.append(record)
            if len(found) == limit:
                break
    if as_json:
        for record in found:
            rows.emit(operating_rows.audit_row(record))
    else:
        consoles.stdout().print(operating_tables.audit(found) if found else "Nothing is recorded.")
    return ExitCode.DONE
