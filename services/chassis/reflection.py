"""Server reflection, so that grpcurl and its like need no proto files."""

from collections.abc import Callable, Sequence
from typing import Any

import grpc
from google.protobuf import descriptor_pool
from grpc_reflection.v1alpha import reflection, reflection_pb2, reflection_pb2_grpc

SERVICE_NAME: str = reflection.SERVICE_NAME
# Messages and method are those of v1alpha, under the name that newer tools ask for first.
_V1_NAME = "grpc.reflection.v1.ServerReflection"


class LayeredPool:
    """Looks a type up in one pool after the other: ours first, so that no foreign type hides one of ours."""

    def __init__(self, *pools: Any) -> None:
        self._pools = pools

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def find(*arguments: Any) -> Any:
            for pool in self._pools[:-1]:
                try:
                    return getattr(pool, name)(*arguments)
                except KeyError:
                    continue
            return getattr(self._pools[-1], name)(*arguments)

        return find


def add_reflection(server: grpc.aio.Server, services: Sequence[str], foreign: Any = None) -> None:
    """Serves reflection over the given services.

    foreign: a DescriptorPool of types that the process itself does not use, if there are any. What is added
    to it later is found too.
    """
    own = descriptor_pool.Default()
    pool = own if foreign is None else LayeredPool(own, foreign)
    servicer = reflection.aio.ReflectionServicer(  # type: ignore[attr-defined]  # older stubs
        [*services, SERVICE_NAME], pool=pool
    )
    reflection_pb2_grpc.add_ServerReflectionServicer_to_server(servicer, server)
    handler = grpc.stream_stream_rpc_method_handler(
        servicer.ServerReflectionInfo,
        reflection_pb2.ServerReflectionRequest.FromString,
        reflection_pb2.ServerReflectionResponse.SerializeToString,
    )
    methods = {"ServerReflectionInfo": handler}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(_V1_NAME, methods),))
