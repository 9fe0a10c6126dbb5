"""A real gRPC server on loopback for servicers that a test writes."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc

from radmesh.errors import RadmeshError
from radmesh.status import status_code, to_status, trailing_metadata


@asynccontextmanager
async def serve(*register: Callable[[grpc.aio.Server], Any]) -> AsyncGenerator[str, None]:
    """Serves while open and gives `host:port`. register: each adds a servicer to the server."""
    server = grpc.aio.server()
    for add in register:
        add(server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(None)


async def refuse(context: grpc.aio.ServicerContext[Any, Any], error: RadmeshError) -> None:
    """Ends a call with an error as a service does."""
    await context.abort(status_code(error), error.message, trailing_metadata(to_status(error)))
