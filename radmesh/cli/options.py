"""Options that several commands share."""

from typing import Annotated

import typer

from radmesh.cli.submission import PriorityName
from radmesh.client.connection import DEFAULT_SERVER, SERVER_VARIABLE

Server = Annotated[
    str, typer.Option("--server", envvar=SERVER_VARIABLE, help="Gateway, host:port.", metavar="HOST:PORT")
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
