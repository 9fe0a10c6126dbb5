"""Options that several commands share."""

from typing import Annotated

import typer

from radmesh.client.connection import DEFAULT_SERVER, SERVER_VARIABLE

Server = Annotated[
    str, typer.Option("--server", envvar=SERVER_VARIABLE, help="Gateway, host:port.", metavar="HOST:PORT")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]

SERVER_DEFAULT = DEFAULT_SERVER
