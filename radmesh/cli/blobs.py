"""`radmesh blobs`: sweep."""

from typing import Annotated

import typer

from radmesh.cli import consoles, rows
from radmesh.cli.options import SERVER_DEFAULT, Json, Server
from radmesh.cli.running import ExitCode, connect, run

blobs = typer.Typer(help="Looks after the files of images and artifacts.", no_args_is_help=True)


@blobs.callback()
def _group() -> None:
    """With a single command, typer would leave its name out."""


@blobs.command()
def sweep(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    as_json: Json = False,
    server: Server = SERVER_DEFAULT,
) -> None:
    """Deletes the files that no task, image or upload needs any more."""
    run(_sweep(server, dry_run=dry_run, as_json=as_json), as_json=as_json)


async def _sweep(server: str, *, dry_run: bool, as_json: bool) -> ExitCode:
    async with connect(server) as client:
        answer = await client.admin.sweep_blobs(dry_run=dry_run)
    if as_json:
        rows.emit(
            {
                "dry_run": dry_run,
                "deleted_files": answer.deleted_files,
                "freed_bytes": answer.freed_bytes,
                "kept_files": answer.kept_files,
                "failed_files": answer.failed_files,
                "more": answer.more,
                "summary": answer.summary,
            }
        )
    else:
        consoles.stdout().print(answer.summary, markup=False)
    return ExitCode.DONE
