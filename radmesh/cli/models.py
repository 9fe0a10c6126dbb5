"""`radmesh models`: what can be run; and, for operators, models that shall be."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer
from google.protobuf import json_format
from rich.table import Table
from rich.text import Text

from radmesh import names
from radmesh.cli import consoles, rows, tables
from radmesh.cli.bars import BarDisplay
from radmesh.cli.display import display_for
from radmesh.cli.options import SERVER_DEFAULT, Json, Server
from radmesh.cli.running import ExitCode, UsageError, connect, run
from radmesh.client import Client
from radmesh.client.importing import DEFAULT_CHECKPOINT, ImportOptions
from radmesh.models.v1 import model_pb2
from radmesh.tasks.v1 import task_pb2

models = typer.Typer(no_args_is_help=True, help="Models: what there is, and importing more.")
_DATASET = re.compile(r"Dataset\d{3}_(.+)")


@models.command("list")
def list_models(as_json: Json = False, server: Server = SERVER_DEFAULT) -> None:
    """Lists the models that can be run."""
    run(_list(server, as_json), as_json=as_json)


@models.command("get")
def get_model(
    name: Annotated[str, typer.Argument(help="Model, such as octa-vessels.")],
    as_json: Json = False,
    server: Server = SERVER_DEFAULT,
) -> None:
    """Shows one model: what it is for, what it was trained on, its weights."""
    run(_get(server, name, as_json), as_json=as_json)


@models.command("import")
def import_model(
    path: Annotated[
        Path,
        typer.Argument(exists=True, help="Folder that nnU-Net v2 trained into, or the zip that it exports."),
    ],
    *,
    name: Annotated[
        str, typer.Option("--name", help="Name that the model gets; by default the data set's.")
    ] = "",
    model: Annotated[
        str, typer.Option("--model", help="Model that is there already and gets these as more --weights.")
    ] = "",
    weights: Annotated[str, typer.Option("--weights", help="Name that they get within --model.")] = "",
    title: Annotated[str, typer.Option("--title", help="What a menu would show.")] = "",
    replace: Annotated[
        bool, typer.Option("--replace", help="Take the place of a model, or weights, of this name.")
    ] = False,
    checkpoint: Annotated[
        str, typer.Option("--checkpoint", metavar="FILE", help="The file of each fold.")
    ] = DEFAULT_CHECKPOINT,
    as_json: Json = False,
    server: Server = SERVER_DEFAULT,
) -> None:
    """Imports a trained nnU-Net v2 model: checked, slimmed, and served at once. For operators."""
    if bool(model) != bool(weights) or (model and name):
        raise typer.BadParameter("--model and --weights go together, and without --name")
    options: ImportOptions = {
        "title": title,
        "replace": replace,
        "checkpoint": checkpoint,
        "weights": weights,
    }
    try:
        chosen = model or name or _usual_name(path)
    except UsageError as error:
        raise typer.BadParameter(error.message, param_hint="--name") from None
    run(_import(server, path.resolve(), chosen, options, as_json=as_json), as_json=as_json)


@models.command("delete")
def delete_model(
    name: Annotated[str, typer.Argument(help="Model that was imported, such as liver.")],
    weights: Annotated[str, typer.Option("--weights", help="Only these of its weights.")] = "",
    as_json: Json = False,
    server: Server = SERVER_DEFAULT,
) -> None:
    """Deletes a model that was imported, unless a task still needs it. For operators."""
    if weights:
        whole = weights_name(name, weights)
        run(_changed(server, whole, lambda client: client.delete_weights(whole), as_json), as_json=as_json)
    else:
        run(_changed(server, name, lambda client: client.delete_model(name), as_json), as_json=as_json)


@models.command("official")
def set_official(
    name: Annotated[str, typer.Argument(help="Model that was imported, such as liver.")],
    weights: Annotated[str, typer.Argument(help="Those of its weights that become the official ones.")],
    keep_as: Annotated[
        str, typer.Option("--keep-as", help="Name for those that were official; by default before-WEIGHTS.")
    ] = "",
    as_json: Json = False,
    server: Server = SERVER_DEFAULT,
) -> None:
    """Chooses the weights that a task gets which names only the model. For operators."""
    whole, kept = weights_name(name, weights), keep_as or f"before-{weights}"
    run(
        _changed(server, whole, lambda client: client.set_official_weights(whole, kept), as_json),
        as_json=as_json,
    )


async def _list(server: str, as_json: bool) -> ExitCode:
    async with connect(server) as client:
        found = await client.models()
    if as_json:
        for model in found:
            rows.emit(json_format.MessageToDict(model, preserving_proto_field_name=True))
    else:
        table = tables.plain("model", "title", "weights", "size")
        for model in found:
            weights = ", ".join(one.name.rpartition("/")[2] for one in model.weights)
            size = sum(one.size_bytes for one in model.weights) / 1e6
            table.add_row(model.name.removeprefix("models/"), model.title, weights, f"{size:.1f} MB")
        consoles.stdout().print(table if found else "There is no model yet.")
    return ExitCode.DONE


async def _get(server: str, name: str, as_json: bool) -> ExitCode:
    async with connect(server) as client:
        model = await client.model(name)
    if as_json:
        rows.emit(json_format.MessageToDict(model, preserving_proto_field_name=True))
    else:
        consoles.stdout().print(_card(model))
    return ExitCode.DONE


def _card(model: model_pb2.Model) -> Table:
    card = Table(box=None, show_header=False, pad_edge=False)
    card.add_column(style="bold")
    card.add_column(overflow="fold")
    told = {
        "model": model.name,
        "title": model.title,
        "version": model.version,
        "intended use": model.intended_use,
        "licence": model.licence,
        "trained on": model.training_data,
        "accuracy": model.accuracy,
    }
    for name, text in told.items():
        if text:
            card.add_row(name, Text(text))
    for weights in model.weights:
        card.add_row("weights", f"{weights.name} ({weights.size_bytes / 1e6:.1f} MB, {weights.digest})")
    return card


async def _import(server: str, path: Path, name: str, options: ImportOptions, *, as_json: bool) -> ExitCode:
    display, label = display_for(BarDisplay, as_json=as_json), path.name
    async with connect(server, following=True) as client:
        with display:
            display.uploading(label)
            task = await client.import_model(
                path, name, on_progress=lambda done: display.sent(label, done), **options
            )
            display.created(label, task)
            ended = await client.wait(task.name, on_message=lambda message: display.told(label, message))
            display.ended(label, ended, {})
    if ended.state != task_pb2.TASK_STATE_SUCCEEDED:
        return ExitCode.TASK_FAILED
    if not as_json:
        chosen = options.get("weights", "")
        known = weights_name(name, chosen) if chosen else f"models/{name.removeprefix('models/')}"
        words = f"Run it: radmesh analyze nnunet IMAGE --weights {known}"
        consoles.stdout().print(words, markup=False, highlight=False, soft_wrap=True)
    return ExitCode.DONE


async def _changed(
    server: str, name: str, change: Callable[[Client], Awaitable[task_pb2.Task]], as_json: bool
) -> ExitCode:
    """Begins a change of what was imported, and shows its task to the end."""
    display = display_for(BarDisplay, as_json=as_json)
    async with connect(server, following=True) as client:
        with display:
            task = await change(client)
            display.created(name, task)
            ended = await client.wait(task.name, on_message=lambda message: display.told(name, message))
            display.ended(name, ended, {})
    return ExitCode.DONE if ended.state == task_pb2.TASK_STATE_SUCCEEDED else ExitCode.TASK_FAILED


def weights_name(model: str, weights: str) -> str:
    """`models/{model}/weights/{weights}` of a model's name or id and the id of weights."""
    return f"models/{model.removeprefix('models/')}/weights/{weights}"


def _usual_name(path: Path) -> str:
    """The name of the data set that a path leads through. Raises UsageError when there is none to be had."""
    for part in reversed(path.resolve().parts):
        found = _DATASET.fullmatch(part.removesuffix(".zip"))
        if found:
            name = re.sub(r"[^a-z0-9]+", "-", found[1].lower()).strip("-")[:63]
            if names.parse("models", f"models/{name}"):
                return name
    raise UsageError("The path names no data set (DatasetNNN_Name): say what to call the model by --name.")
