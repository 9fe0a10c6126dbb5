"""Puts the commands together."""

import importlib.metadata
from typing import Annotated

import typer

from radmesh.cli.analyze import analyze
from radmesh.cli.batch import batch
from radmesh.cli.blobs import blobs
from radmesh.cli.doctor import doctor
from radmesh.cli.models import models
from radmesh.cli.pipelines import pipelines
from radmesh.cli.review import review
from radmesh.cli.tasks import tasks
from radmesh.cli.up import up
from radmesh.cli.watch import watch

app = typer.Typer(
    name="radmesh",
    epilog="Exit codes: 0 done, 1 a task failed, 2 usage, 3 unreachable, 4 tasks are stuck, 130 interrupted.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _tell_version(asked: bool) -> None:
    if asked:
        typer.echo(f"radmesh {importlib.metadata.version('radmesh')}")
        raise typer.Exit


@app.callback()
def _radmesh(
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Tell it and exit.")
    ] = False,
) -> None:
    """Medical-image models served over gRPC."""


app.command()(up)
app.command()(analyze)
app.command()(batch)
app.command()(watch)
app.command()(review)
app.add_typer(tasks, name="tasks")
app.add_typer(blobs, name="blobs")
app.add_typer(pipelines, name="pipelines")
app.add_typer(models, name="models")
app.command()(doctor)
