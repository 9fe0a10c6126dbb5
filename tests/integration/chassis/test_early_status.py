"""An upload that its server refuses on the way is told the server's reason, every time."""

from collections import Counter
from collections.abc import AsyncIterator

import grpc

from radmesh.blobs.v1 import upload_service_pb2
from radmesh.early_status import EarlyStatus
from radmesh.status import from_rpc_error
from tests.integration.chassis.conftest import Running


async def messages() -> AsyncIterator[upload_service_pb2.WriteUploadRequest]:
    for number in range(40):
        name = "error" if number == 4 else ""
        yield upload_service_pb2.WriteUploadRequest(name=name, chunk=bytes(1 << 16))


async def test_the_servers_reason_is_never_lost(served: Running) -> None:
    reasons: Counter[str] = Counter()
    for _ in range(150):
        call = served.uploads.WriteUpload(messages())
        early = EarlyStatus(call)
        try:
            await call
        except grpc.aio.AioRpcError as error:
            reasons[from_rpc_error(await early.behind(error)).reason] += 1
    assert reasons == {"IMAGE_TOO_LARGE": 150}
