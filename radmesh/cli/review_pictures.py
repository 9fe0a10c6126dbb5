"""The pictures of a review: whether they can be shown here, and whether a mask fits them."""

import asyncio
import io
import os
import sys
from collections.abc import Iterable
from pathlib import Path

import typer
from PIL import Image, UnidentifiedImageError

from radmesh.cli.running import UsageError
from radmesh.client import Client
from radmesh.tasks.v1 import task_pb2


def can_show() -> bool:
    """Whether somebody sits at a screen on which pictures open."""
    if not sys.stdout.isatty():
        return False
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def open_pictures(paths: Iterable[Path]) -> None:
    """Opens each in the viewer of this desktop."""
    for path in paths:
        typer.launch(str(path))


async def check_mask(client: Client, shown: task_pb2.Artifact, mask: Path) -> None:
    """Raises UsageError when a PNG is not of exactly the size of the mask that it is to replace.

    Any other file is left to the model service, which can tell whether it fits the study.
    """
    wanted, found = _size(await client.read(shown.name)), _size(await asyncio.to_thread(mask.read_bytes))
    if wanted and found and wanted != found:
        raise UsageError(
            f"{mask} has {_words(found)}; it must have exactly the {_words(wanted)} of {shown.file_name}. "
            "Draw it over the picture without changing the size. Nothing was decided."
        )


def _size(content: bytes) -> tuple[int, int] | None:
    """Columns and rows of a PNG; None when it is none."""
    try:
        with Image.open(io.BytesIO(content), formats=("PNG",)) as picture:
            return picture.size
    except (OSError, ValueError, SyntaxError, UnidentifiedImageError):
        return None


def _words(size: tuple[int, int]) -> str:
    return f"{size[0]} x {size[1]} pixels"
