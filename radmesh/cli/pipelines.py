"""`radmesh pipelines`: what can be asked for."""

from radmesh.cli import consoles, rows, tables
from radmesh.cli.options import SERVER_DEFAULT, Json, Server
from radmesh.cli.running import ExitCode, connect, run


def pipelines(as_json: Json = False, server: Server = SERVER_DEFAULT) -> None:
    """Lists the pipelines: what each takes, its parameters, what it gives."""
    run(_pipelines(server, as_json), as_json=as_json)


async def _pipelines(server: str, as_json: bool) -> ExitCode:
    async with connect(server) as client:
        found = await client.pipelines()
    if as_json:
        for pipeline in found:
            rows.emit(rows.pipeline_row(pipeline))
    else:
        consoles.stdout().print(tables.pipelines(found) if found else "No worker came yet.")
    return ExitCode.DONE
