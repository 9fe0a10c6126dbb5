"""`radmesh up`: the whole mesh on this machine, until Ctrl-C."""

import signal
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from radmesh.cli import consoles, rows
from radmesh.cli.options import Json
from radmesh.cli.running import ExitCode, complain
from radmesh.errors import RadmeshError
from radmesh.mesh import Mesh, MeshOptions, SupervisedProcess, stopped_by_signals

DEFAULT_FOLDER = Path("~/.radmesh")
FOLDER_VARIABLE = "RADMESH_FOLDER"


def up(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Of the gateway; 0 for a free one.")] = 50051,
    folder: Annotated[
        Path, typer.Option(envvar=FOLDER_VARIABLE, metavar="DIR", help="Keeps tasks, images and logs.")
    ] = DEFAULT_FOLDER,
    tasks_replicas: Annotated[int, typer.Option(min=1, max=16, help="Replicas of `tasks`.")] = 1,
    as_json: Json = False,
) -> None:
    """Starts the whole mesh on loopback and keeps it up until Ctrl-C."""
    options = MeshOptions(folder.expanduser(), port=port, tasks_replicas=tasks_replicas)
    errors_console = consoles.stderr()

    def tell(process: SupervisedProcess, code: int) -> None:
        errors_console.print(f"{process.name} ended with {code}; it is started again.", markup=False)

    started = time.monotonic()
    try:
        with stopped_by_signals(), Mesh(options, on_exit=tell) as mesh:
            _announce(mesh, time.monotonic() - started, as_json=as_json)
            while True:
                signal.pause()
    except KeyboardInterrupt:
        errors_console.print("Stopped.")
    except RadmeshError as error:
        complain(error, as_json=as_json)
        raise typer.Exit(int(ExitCode.TASK_FAILED)) from error


def _announce(mesh: Mesh, seconds: float, *, as_json: bool) -> None:
    if as_json:
        for process in mesh.processes.values():
            address = {"address": process.address, "metrics": _page(process) or None, "pid": process.pid}
            rows.emit({"process": process.name, **address})
        return
    console = consoles.stdout()
    console.print(f"Radmesh is ready after {seconds:.1f} s.\n", style="bold green")
    console.print(_addresses(mesh))
    console.print()
    _hints(console, mesh)


def _addresses(mesh: Mesh) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 3, 0, 2))
    table.add_column(style="bold")
    for process in sorted(mesh.processes.values(), key=lambda one: one.name != "gateway"):
        table.add_row(process.name, process.address, _page(process), f"pid {process.pid}")
    return table


def _hints(console: Console, mesh: Mesh) -> None:
    port = mesh.address.rpartition(":")[2]
    server = "" if port == "50051" else f" --server localhost:{port}"
    folder = mesh.options.folder.resolve()
    method = "radmesh.tasks.v1.PipelineService/ListPipelines"
    lines = (
        f"  folder   {folder}   (logs in {folder / 'logs'})",
        "",
        f"  radmesh analyze octa-vessels IMAGE --out results{server}",
        f"  grpcurl -plaintext localhost:{port} {method}",
        "",
        "Ctrl-C stops everything.",
    )
    for line in lines:
        console.print(Text(line), soft_wrap=True)


def _page(process: SupervisedProcess) -> str:
    return f"http://{process.spec.metrics}/metrics" if process.spec.metrics else ""
