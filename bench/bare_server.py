"""A bare gRPC server that something is compared with: it prints its port, and runs until it is killed."""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import grpc

Methods = Mapping[str, Mapping[str, "grpc.RpcMethodHandler[Any, Any]"]]


def run(services: Methods, options: Sequence[tuple[str, int]] = ()) -> None:
    """Serves methods by service and name, on a free port of the loopback."""
    asyncio.run(_serve(services, options))


async def _serve(services: Methods, options: Sequence[tuple[str, int]]) -> None:
    server = grpc.aio.server(options=options)
    server.add_generic_rpc_handlers(
        [grpc.method_handlers_generic_handler(name, dict(methods)) for name, methods in services.items()]
    )
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    await server.wait_for_termination()
