"""The bare gRPC server that the gateway's upload is compared with: takes a client stream and drops it."""

import asyncio
import sys
from collections.abc import AsyncIterator

import grpc

from radmesh.blobs.v1 import upload_service_pb2 as pb2
from radmesh.blobs.v1 import upload_service_pb2_grpc as pb2_grpc


class _Sink(pb2_grpc.UploadServiceServicer):
    async def WriteUpload(  # noqa: N802 - gRPC's name
        self,
        request_iterator: AsyncIterator[pb2.WriteUploadRequest],
        context: grpc.aio.ServicerContext[pb2.WriteUploadRequest, pb2.WriteUploadResponse],
    ) -> pb2.WriteUploadResponse:
        received = 0
        async for request in request_iterator:
            received += len(request.chunk)
        return pb2.WriteUploadResponse(upload=pb2.Upload(offset=received))


async def _serve() -> None:
    server = grpc.aio.server()
    pb2_grpc.add_UploadServiceServicer_to_server(_Sink(), server)  # type: ignore[no-untyped-call]
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(_serve())
