"""Takes drawn samples through a whole mesh of its own: `python -m radmesh.demo`."""

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer
from PIL import Image
from rich.console import Console

from radmesh.cli import consoles
from radmesh.cli.bars import BarDisplay
from radmesh.cli.display import display_for
from radmesh.cli.running import ExitCode, complain
from radmesh.cli.streams import print_everything
from radmesh.client import Client, Patience, raise_for_outcome, result_dict
from radmesh.demo_ct import show_ct
from radmesh.errors import RadmeshError
from radmesh.mesh import Mesh, MeshOptions, stopped_by_signals
from radmesh.samples.octa import DEMO_SEED, draw_octa

_PIPELINE = "octa-vessels"


def demo(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the pictures go.")] = Path("demo-out"),
) -> None:
    """Starts a mesh, analyses a drawn angiogram and a drawn CT study, and stops the mesh again."""
    console = consoles.stdout()
    try:
        with stopped_by_signals(), tempfile.TemporaryDirectory(prefix="radmesh-demo-") as folder:
            console.print("Starting gateway, tasks, segmentation and Redis on free ports …")
            started = time.monotonic()
            with Mesh(MeshOptions(Path(folder))) as mesh:
                console.print(f"Ready after {time.monotonic() - started:.1f} s.")
                asyncio.run(_show(mesh.address, out, console))
    except KeyboardInterrupt:
        consoles.stderr().print("Stopped; nothing is left running.")
        sys.exit(int(ExitCode.INTERRUPTED))
    except RadmeshError as error:
        complain(error, as_json=False)
        sys.exit(int(ExitCode.TASK_FAILED))


async def _show(server: str, out: Path, console: Console) -> None:
    async with Client(server, patience=Patience(give_up_seconds=30.0)) as client:
        await _analyze(client, out, console)
        await show_ct(client, out, console)


async def _analyze(client: Client, out: Path, console: Console) -> None:
    sample = await asyncio.to_thread(_draw, out)
    display = display_for(BarDisplay, console=console)
    with display:
        display.uploading(sample.name)
        task = await client.submit(_PIPELINE, sample)
        display.created(sample.name, task)
        ended = await client.wait(task.name, on_message=lambda message: display.told(sample.name, message))
        files = await client.save(ended, out)
        display.ended(sample.name, ended, files)
    raise_for_outcome(ended)
    result = out / "result.json"
    await asyncio.to_thread(result.write_text, json.dumps(result_dict(ended.result), indent=2) + "\n")
    console.print(
        f"See {', '.join(str(path) for path in (sample, *files.values(), result))}.", soft_wrap=True
    )


def _draw(out: Path) -> Path:
    """Writes the sample image. Drawn, not photographed: no patient, and no file to carry along."""
    out.mkdir(parents=True, exist_ok=True)
    path = out / "sample.png"
    Image.fromarray(draw_octa(DEMO_SEED)).save(path)
    return path


if __name__ == "__main__":
    print_everything()
    typer.run(demo)
