"""The bare gRPC server that the gateway's upload is compared with: takes a client stream and drops it."""

import asyncio
import sys
from collections.abc import AsyncIterator

import grpc

from radmesh.blobs.v1 import upload_service_pb2 as pb2


async def _sink(
    requests: AsyncIterator[pb2.WriteUploadRequest],
    context: grpc.aio.ServicerContext[pb2.WriteUploadRequest, pb2.WriteUploadResponse],
) -> pb2.WriteUploadResponse:
    received = 0
    async for request in requests:
        received += len(request.chunk)
    return pb2.WriteUploadResponse(upload=pb2.Upload(offset=received))


def _handler() -> "grpc.GenericRpcHandler[pb2.WriteUploadRequest, pb2.WriteUploadResponse]":
    method = grpc.stream_unary_rpc_method_handler(
        _sink,
        request_deserializer=pb2.WriteUploadRequest.FromString,
        response_serializer=pb2.WriteUploadResponse.SerializeToString,
    )
    return grpc.method_handlers_generic_handler("radmesh.blobs.v1.UploadService", {"WriteUpload": method})


async def _serve() -> None:
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((_handler(),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(_serve())
