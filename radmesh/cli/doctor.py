"""`radmesh doctor`: is this machine fit, and is the mesh well."""

import asyncio
import os
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from radmesh import errors
from radmesh.cli import checks, consoles, rows
from radmesh.cli.checks import Finding, Level
from radmesh.cli.options import SERVER_DEFAULT, Json, Server
from radmesh.cli.running import ExitCode, run
from radmesh.cli.up import DEFAULT_FOLDER, FOLDER_VARIABLE
from radmesh.client import Client, Patience

_COLOURS = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "red"}
_LOCAL = frozenset({"localhost", "127.0.0.1", "[::1]"})
_MODELS_FOLDER = Path(__file__).resolve().parents[2] / "models"
_REDIS_VARIABLE = "RADMESH_TASKS_REDIS_URL"
_MODELS_VARIABLE = "RADMESH_SEGMENTATION_MODELS"


def doctor(
    folder: Annotated[
        Path, typer.Option(envvar=FOLDER_VARIABLE, metavar="DIR", help="Folder of `radmesh up`.")
    ] = DEFAULT_FOLDER,
    as_json: Json = False,
    server: Server = SERVER_DEFAULT,
) -> None:
    """Checks device, Redis, ports, models, disk and the mesh. Exit code 1 when something must be done."""
    run(_doctor(server, folder.expanduser().absolute(), as_json), as_json=as_json)


async def _doctor(server: str, folder: Path, as_json: bool) -> ExitCode:
    mesh, device, redis, models, disk = await asyncio.gather(
        _mesh(server),
        asyncio.to_thread(checks.device),
        asyncio.to_thread(checks.redis, os.environ.get(_REDIS_VARIABLE)),
        asyncio.to_thread(checks.models, Path(os.environ.get(_MODELS_VARIABLE) or _MODELS_FOLDER)),
        asyncio.to_thread(checks.disk, folder),
    )
    findings = [device, redis, *_ports(server, mesh), *models, disk, *mesh]
    if as_json:
        for finding in findings:
            rows.emit({**vars(finding), "level": finding.level.value})
    else:
        consoles.stdout().print(_table(findings))
    failed = any(finding.level is Level.FAIL for finding in findings)
    return ExitCode.TASK_FAILED if failed else ExitCode.DONE


def _ports(server: str, mesh: list[Finding]) -> list[Finding]:
    host, _, number = server.rpartition(":")
    if host not in _LOCAL or not number.isdigit():
        return []
    return [checks.port(int(number), radmesh_answers=mesh[0].level is Level.OK)]


async def _mesh(server: str) -> list[Finding]:
    """Whether a mesh answers, what it can run, and whether its Redis does."""
    async with Client(server, patience=Patience(give_up_seconds=2.0)) as client:
        try:
            await client.connect(1.0)
            pipelines = await client.pipelines()
            await anext(client.list(page_size=1), None)
        except errors.UnavailableError as error:
            if error.reason == "STORE_UNAVAILABLE":
                advice = "Start Redis again; the mesh recovers by itself."
                return [Finding("mesh", Level.FAIL, f"{server}: its Redis is away", advice)]
            return [Finding("mesh", Level.WARN, f"none answers at {server}", "Start one with `radmesh up`.")]
        except errors.RadmeshError as error:
            return [Finding("mesh", Level.FAIL, f"{server}: {error.message}", "See the gateway's log.")]
    findings = [Finding("mesh", Level.OK, f"answers at {server}, and its Redis does")]
    for pipeline in pipelines:
        name, workers = pipeline.name, pipeline.connected_workers
        level = Level.OK if workers else Level.WARN
        advice = "" if workers else "Start a worker that serves it; tasks wait until then."
        connected = f"{workers} connected worker{'' if workers == 1 else 's'}"
        if pipeline.paused:
            why = f" ({pipeline.pause_reason})" if pipeline.pause_reason else ""
            connected, level = f"{connected}; paused by an operator{why}", Level.WARN
            advice = f"`radmesh tasks resume {name.removeprefix('pipelines/')}` lets its tasks go on."
        findings.append(Finding(name, level, connected, advice))
    return findings


def _table(findings: list[Finding]) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for finding in findings:
        level = Text(finding.level.value, style=_COLOURS[finding.level])
        words = f"{finding.found}\n→ {finding.advice}" if finding.advice else finding.found
        table.add_row(level, Text(finding.check, style="bold"), Text(words))
    return table
