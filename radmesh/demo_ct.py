"""The part of the demo that takes a drawn CT study through both stages of ct-l3 and its review."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console, RenderableType

from radmesh.cli import tables
from radmesh.cli.bars import BarDisplay
from radmesh.cli.display import display_for
from radmesh.client import Client, WatchMessage, raise_for_outcome, result_dict
from radmesh.samples.ct import write_study
from radmesh.tasks.v1 import task_pb2

PIPELINE = "ct-l3"
STUDY, FOLDER = "ct-study", "ct-l3"
_SHOWN = ("l3_overlay.png", "overlay_combined.png", "hu_statistics.csv", "result.json")


async def show_ct(client: Client, out: Path, console: Console) -> None:
    """Sends the study, accepts the L3 that is found, saves what comes back. Raises TaskFailedError."""
    if f"pipelines/{PIPELINE}" not in {one.name for one in await client.pipelines()}:
        console.print(f"{PIPELINE} is not served: its models are not among the models.")
        return
    study = out / STUDY
    await asyncio.to_thread(write_study, study)
    display = display_for(BarDisplay, console=console)
    with display:
        display.uploading(STUDY)
        image = await client.upload_series(study, pipeline=PIPELINE)
        task = await client.create(PIPELINE, [image.name])
        display.created(STUDY, task)
        async for message in client.watch(task.name):
            display.told(STUDY, message)
            if _is_review(message):
                await _accept(client, task.name, out / FOLDER, console)
    ended = await client.get(task.name)
    raise_for_outcome(ended)
    files = await client.save(ended, out / FOLDER)
    console.print(_figures(result_dict(ended.result)))
    console.print(f"See {', '.join(str(files[name]) for name in _SHOWN)}.", soft_wrap=True)


def _is_review(message: WatchMessage) -> bool:
    return message.event.state_change.state == task_pb2.TASK_STATE_AWAITING_REVIEW


async def _accept(client: Client, task: str, folder: Path, console: Console) -> None:
    """What a person does by `radmesh review TASK`, who would look before."""
    await client.save(await client.get(task), folder)
    console.print(f"{task} awaits a review of {folder / 'l3_overlay.png'}: accepted.", soft_wrap=True)
    await client.review(task, accept=True)


def _figures(result: Mapping[str, Any]) -> RenderableType:
    """The headline slice in a few lines."""
    table = tables.plain("at L3", "area", "mean", "for the height")
    for name, figures in result["headline"]["tissues"].items():
        index = result["indices"][f"{name}_cm2_m2"]
        area, mean = figures["area_mm2"] / 100, figures["mean_hu"]
        table.add_row(name.replace("_", " "), f"{area:.1f} cm²", f"{mean:.0f} HU", f"{index:.1f} cm²/m²")
    return table
