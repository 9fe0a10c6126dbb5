"""Options that several commands share."""

import os
from pathlib import Path
from typing import Annotated

import typer

from radmesh.cli.submission import PriorityName
from radmesh.client.connection import DEFAULT_SERVER, SERVER_VARIABLE


def _address(server: str) -> str:
    """gRPC takes almost anything for an address, and then waits for it in vain."""
    if server.startswith(("http://", "https://")) or not server.rpartition(":")[0] or server.endswith(":"):
        raise typer.BadParameter(
            f"'{server}': write HOST:PORT, such as {DEFAULT_SERVER}.", param_hint="--server"
        )
    return server


def _folder(path: Path | None) -> Path | None:
    """Looked at before anything runs: an analysis may take long."""
    if path is not None:
        there = next(one for one in (path, *path.absolute().parents) if one.exists())
        if not there.is_dir():
            raise typer.BadParameter(f"'{there}' is a file; artifacts need a folder.", param_hint="--out")
        if not os.access(there, os.W_OK | os.X_OK):
            raise typer.BadParameter(f"'{there}' may not be written to.", param_hint="--out")
    return path


Server = Annotated[
    str,
    typer.Option(
        "--server", envvar=SERVER_VARIABLE, help="Gateway, host:port.", metavar="HOST:PORT", callback=_address
    ),
]
Out = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="Save the artifacts in DIR.", callback=_folder)
]
OutByInput = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="DIR", help="Save artifacts in DIR/<stem of the input>/.", callback=_folder
    ),
]
CallbackUrl = Annotated[
    str, typer.Option("--callback-url", metavar="URL", help="Gets a POST at the end of each task.")
]
Priority = Annotated[
    PriorityName,
    typer.Option(
        "--priority", case_sensitive=False, help="stat is 7 days ahead in the queue, urgent 1 hour."
    ),
]
NotBefore = Annotated[
    str,
    typer.Option("--not-before", metavar="TIME", help="Start no earlier: 2026-01-31T22:00, local, or +90m."),
]
Labels = Annotated[
    list[str] | None, typer.Option("--label", metavar="NAME=VALUE", help="A label. May be repeated.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]

SERVER_DEFAULT = DEFAULT_SERVER


def server_words(server: str) -> str:
    """What has to stand in a command that goes to the same server."""
    return "" if server == SERVER_DEFAULT else f" --server {server}"
