"""The bare gRPC server that the gateway's upload is compared with: takes a client stream and drops it."""

from collections.abc import AsyncIterator

import grpc

from bench import bare_server
from radmesh.blobs.v1 import upload_service_pb2 as pb2


async def _sink(
    requests: AsyncIterator[pb2.WriteUploadRequest],
    context: grpc.aio.ServicerContext[pb2.WriteUploadRequest, pb2.WriteUploadResponse],
) -> pb2.WriteUploadResponse:
    received = 0
    async for request in requests:
        received += len(request.chunk)
    return pb2.WriteUploadResponse(upload=pb2.Upload(offset=received))


def _main() -> None:
    write = grpc.stream_unary_rpc_method_handler(
        _sink,
        request_deserializer=pb2.WriteUploadRequest.FromString,
        response_serializer=pb2.WriteUploadResponse.SerializeToString,
    )
    bare_server.run({"radmesh.blobs.v1.UploadService": {"WriteUpload": write}})


if __name__ == "__main__":
    _main()
