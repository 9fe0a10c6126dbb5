"""What `radmesh review` refuses before it asks anybody."""

import gzip
import io
from pathlib import Path
from typing import Any, cast

import pytest
from PIL import Image
from typer.testing import CliRunner

from radmesh import formats
from radmesh.cli.commands import app
from radmesh.cli.review_answer import Decided, read_answer, read_replacements
from radmesh.cli.review_pictures import check_mask
from radmesh.cli.running import UsageError
from radmesh.client import Client
from radmesh.tasks.v1 import task_pb2


@pytest.mark.parametrize(
    "line",
    [
        ["--accept"],
        ["--reject", "wrong"],
        ["--sequence", "4"],
        ["--open"],
        ["a", "--accept", "--reject", "wrong"],
        ["a", "--accept", "--open"],
        ["a", "--reject", "wrong", "--out", "folder"],
        ["a", "--replace", "mask.png"],
        ["a", "--replace", "mask.png=nowhere.png"],
        ["a", "--sequence", "0"],
        ["a", "--reject", ""],
        ["a", "--reject", "  "],
        ["a", "--slices", ""],
        ["a", "--accept", "--reject", ""],
        ["a", "--mask", __file__, "--slices", ""],
    ],
)
def test_what_cannot_be_meant_exits_with_2(line: list[str]) -> None:
    result = CliRunner().invoke(app, ["review", *line, "--server", "127.0.0.1:1"])
    assert result.exit_code == 2


@pytest.mark.parametrize("option", ["--reject", "--slices"])
def test_an_option_that_decides_is_not_taken_for_absent_when_it_is_empty(option: str) -> None:
    result = CliRunner().invoke(app, ["review", "a", option, "", "--server", "127.0.0.1:1"])
    assert f"{option} is empty" in result.output


def test_a_file_may_stand_for_an_artifact_once(tmp_path: Path) -> None:
    path = tmp_path / "a=b.png"
    path.write_bytes(b"x")
    assert read_replacements([f"mask.png={path}"]) == {"mask.png": path}
    with pytest.raises(UsageError, match="twice"):
        read_replacements([f"mask.png={path}", f"mask.png={path}"])


@pytest.mark.parametrize(
    "options",
    [
        ["--mask", "m.png", "--slices", "1:2"],
        ["--mask", "m.png", "--reject", "no"],
        ["--slices", "1:2", "--reject", "x"],
    ],
)
def test_a_decision_is_one_decision(tmp_path: Path, options: list[str]) -> None:
    mask = tmp_path / "m.png"
    mask.write_bytes(b"x")
    line = [str(mask) if one == "m.png" else one for one in options]
    assert CliRunner().invoke(app, ["review", "a", *line, "--server", "127.0.0.1:1"]).exit_code == 2


def test_slices_are_a_parameter_for_what_follows() -> None:
    answer = read_answer(Decided(slices="3:9", param=("height_m=1.7",)))
    assert answer is not None
    assert (answer.accept, answer.param) == (True, ("height_m=1.7", "slice_range=3:9"))
    assert read_answer(Decided()) is None


def png(size: tuple[int, int], grey: int) -> bytes:
    written = io.BytesIO()
    Image.new("L", size, grey).save(written, "PNG")
    return written.getvalue()


MASK_TYPES = ("image/png", formats.NIFTI, formats.NIFTI_GZIP)
NIFTI = (348).to_bytes(4, "little") + bytes(340) + b"n+1\0" + bytes(100)
OTHER = r"is not a PNG \(\.png\) or a NIfTI volume \(\.nii\) or .*take the place of l3_mask\.png"


class Reads:
    """Of a client, what is asked of it: the mask that the stage left."""

    async def read(self, name: str) -> bytes:
        return png((40, 30), 0)


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("drawn.png", png((40, 30), 255)[:50], "ends early"),
        ("drawn.png", png((40, 30), 255)[:20], "ends early"),
        (
            "a.png",
            png((30, 40), 255),
            "30 x 40 pixels; it must have exactly the 40 x 30 pixels of l3_mask.png",
        ),
        ("drawn.png", png((40, 30), 255), ""),
        ("DRAWN.PNG", png((40, 30), 255), ""),
        ("drawn.nii", NIFTI, ""),
        ("drawn.nii.gz", gzip.compress(NIFTI, mtime=0), ""),
        ("drawn.txt", b"L3 is there", OTHER),
        ("drawn.txt", png((40, 30), 255), OTHER),
        ("drawn.png", b"\xff\xd8\xff, as a JPEG begins", OTHER),
        ("drawn.png", NIFTI, OTHER),
        ("drawn.jpg", b"\xff\xd8\xff, as a JPEG begins", OTHER),
        ("drawn.png", b"", OTHER),
    ],
    ids=[
        *("pixels cut", "header cut", "turned", "right", "capitals", "volume", "compressed volume", "text"),
        *("PNG by another ending", "JPEG as PNG", "volume as PNG", "JPEG", "empty"),
    ],
)
async def test_a_mask_that_cannot_be_meant_is_refused_before_anything_is_decided(
    tmp_path: Path, name: str, content: bytes, why: str
) -> None:
    mask = tmp_path / name
    mask.write_bytes(content)
    shown = task_pb2.Artifact(name="tasks/a/artifacts/l3_mask.png", file_name="l3_mask.png")
    checked: Any = check_mask(cast(Client, Reads()), shown, mask, MASK_TYPES)
    if not why:
        await checked
        return
    with pytest.raises(UsageError, match=rf"{why}.*Nothing was decided"):
        await checked


async def test_a_kind_of_mask_that_is_not_known_here_is_left_to_the_mesh(tmp_path: Path) -> None:
    mask = tmp_path / "drawn.seg"
    mask.write_bytes(b"anything")
    shown = task_pb2.Artifact(name="tasks/a/artifacts/mask.seg", file_name="mask.seg")
    await check_mask(cast(Client, Reads()), shown, mask, ["application/x-seg"])
