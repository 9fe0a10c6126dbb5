"""`radmesh pipelines`: what can be asked for; and, for operators, what shall be forgotten."""

from typing import Annotated

import typer

from radmesh.cli import consoles, rows, tables
from radmesh.cli.options import SERVER_DEFAULT, Json, Server
from radmesh.cli.running import ExitCode, connect, run

pipelines = typer.Typer(invoke_without_command=True)


@pipelines.callback()
def list_pipelines(context: typer.Context, as_json: Json = False, server: Server = SERVER_DEFAULT) -> None:
    """Lists the pipelines: what each takes, its parameters, what it gives."""
    if context.invoked_subcommand is None:
        run(_list(server, as_json), as_json=as_json)
        return
    for name, option in (("as_json", "--json"), ("server", "--server")):
        source = context.get_parameter_source(name)
        # It would be dropped, and the command go to another server than was named.
        if source is not None and source.name == "COMMANDLINE":
            raise typer.BadParameter(f"write it after `{context.invoked_subcommand}`", param_hint=option)


@pipelines.command("delete")
def delete_pipeline(
    name: Annotated[str, typer.Argument(help="Pipeline that no worker serves any more.")],
    as_json: Json = False,
    server: Server = SERVER_DEFAULT,
) -> None:
    """Forgets a pipeline and its figures. A worker that brings it again makes it known again."""
    run(_delete(server, name, as_json), as_json=as_json)


async def _list(server: str, as_json: bool) -> ExitCode:
    async with connect(server) as client:
        found = await client.pipelines()
    if as_json:
        for pipeline in found:
            rows.emit(rows.pipeline_row(pipeline))
    else:
        # Internal ones are asked for by commands of their own.
        shown = [pipeline for pipeline in found if not pipeline.operators_only]
        consoles.stdout().print(tables.pipelines(shown) if shown else "No worker came yet.")
    return ExitCode.DONE


async def _delete(server: str, name: str, as_json: bool) -> ExitCode:
    async with connect(server) as client:
        await client.admin.delete_pipeline(name)
    whole = f"pipelines/{name.removeprefix('pipelines/')}"
    if as_json:
        rows.emit({"name": whole, "deleted": True})
    else:
        consoles.stdout().print(f"{whole} is forgotten.", markup=False)
    return ExitCode.DONE
