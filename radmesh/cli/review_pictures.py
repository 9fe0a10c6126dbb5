"""The pictures of a review: whether they can be shown here, and whether a mask fits them."""

import asyncio
import io
import os
import sys
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import typer
from PIL import Image

from radmesh import formats
from radmesh.cli.running import UsageError
from radmesh.client import Client
from radmesh.tasks.v1 import task_pb2

_PNG = b"\x89PNG\r\n\x1a\n"


def can_show() -> bool:
    """Whether somebody sits at a screen on which pictures open."""
    if not sys.stdout.isatty():
        return False
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def open_pictures(paths: Iterable[Path]) -> None:
    """Opens each in the viewer of this desktop."""
    for path in paths:
        typer.launch(str(path))


async def check_mask(
    client: Client, shown: task_pb2.Artifact, mask: Path, media_types: Collection[str]
) -> None:
    """Raises UsageError for a file of a kind that the pipeline does not take in the place of this mask, and
    for a PNG that is not whole, or not of exactly the mask's size.

    media_types: those that it takes. Whether a volume fits the study only the model service can tell.
    """
    content = await asyncio.to_thread(mask.read_bytes)
    _check_kind(shown, mask, content, [_KINDS.get(one) for one in media_types])
    if not content.startswith(_PNG):
        return
    wanted, found = _picture(await client.read(shown.name)), _picture(content)
    if found is None:
        raise UsageError(f"{mask} is damaged or ends early. Save the PNG again. Nothing was decided.")
    if wanted and wanted.size != found.size:
        raise UsageError(
            f"{mask} has {_words(found)}; it must have exactly the {_words(wanted)} of {shown.file_name}. "
            "Draw it over the picture without changing the size. Nothing was decided."
        )


def _check_kind(
    shown: task_pb2.Artifact, mask: Path, content: bytes, kinds: Collection["_Kind | None"]
) -> None:
    known = [kind for kind in kinds if kind]
    if len(known) < len(kinds) or any(
        kind.begins(content) and mask.name.lower().endswith(kind.endings) for kind in known
    ):
        return
    named = " or ".join(f"{kind.noun} ({', '.join(kind.endings)})" for kind in known)
    raise UsageError(
        f"{mask} is not {named}, which is what can take the place of {shown.file_name}. Save it as one, by "
        "that ending. Nothing was decided."
    )


@dataclass(frozen=True)
class _Kind:
    """A kind of mask: what a person calls it, how its name ends and how its content begins."""

    noun: str
    endings: tuple[str, ...]
    begins: Callable[[bytes], bool]


_KINDS = {
    "image/png": _Kind("a PNG", (".png",), lambda content: content.startswith(_PNG)),
    formats.NIFTI: _Kind("a NIfTI volume", (".nii",), formats.is_nifti),
    formats.NIFTI_GZIP: _Kind("a compressed one", (".nii.gz", ".gz"), formats.is_gzip),
}


def _picture(content: bytes) -> Image.Image | None:
    """A PNG with its pixels; None when it is none, or not whole."""
    try:
        with Image.open(io.BytesIO(content), formats=("PNG",)) as picture:
            picture.load()
            return picture
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError):
        return None


def _words(picture: Image.Image) -> str:
    return f"{picture.width} x {picture.height} pixels"
