"""The options of `radmesh review`."""

from pathlib import Path
from typing import Annotated

import typer

TaskToReview = Annotated[
    str, typer.Argument(help="Task to look at or to decide on; every one that waits when left out.")
]
Accept = Annotated[bool, typer.Option("--accept", help="The stage is right; the task goes on.")]
Mask = Annotated[
    Path | None,
    typer.Option(
        "--mask",
        metavar="FILE",
        exists=True,
        dir_okay=False,
        help="Accept, with this mask in the place of the stage's: PNG of exactly its size, or NIfTI.",
    ),
]
Slices = Annotated[
    str | None,
    typer.Option(
        "--slices",
        metavar="A:B",
        help="Accept, with these slices, by the numbers that the pictures show: DICOM instance numbers, or "
        "counted from 1 where there are none.",
    ),
]
Replace = Annotated[
    list[str] | None,
    typer.Option(
        "--replace",
        metavar="ARTIFACT=FILE",
        help="Accept, with this file in the place of an artifact. May be repeated.",
    ),
]
Param = Annotated[
    list[str] | None,
    typer.Option(
        "--param",
        metavar="NAME=VALUE",
        help="Accept, and set this parameter for what follows. May be repeated.",
    ),
]
Reject = Annotated[
    str | None, typer.Option("--reject", metavar="REASON", help="The stage is wrong; the task fails.")
]
Sequence = Annotated[
    int | None, typer.Option("--sequence", min=1, help="Decide only if this is the review that is open.")
]
Out = Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Save the artifacts in DIR/<task>/.")]
Show = Annotated[
    bool | None,
    typer.Option("--open/--no-open", help="Open the pictures; as it is where there is a screen."),
]
