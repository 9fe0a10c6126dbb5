"""Server reflection, so that grpcurl and its like need no proto files."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, text_format
from google.protobuf.descriptor import FileDescriptor
from google.rpc import error_details_pb2
from grpc_reflection.v1alpha import reflection, reflection_pb2, reflection_pb2_grpc

SERVICE_NAME: str = reflection.SERVICE_NAME
# Messages and method are those of v1alpha, under the name that newer tools ask for first.
V1_SERVICE_NAME = "grpc.reflection.v1.ServerReflection"


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
    """Serves reflection over the given services, and over itself.

    foreign: a DescriptorPool of types that the process itself does not use, if there are any. What is added
    to it later is found too.
    """
    named = (*services, SERVICE_NAME, V1_SERVICE_NAME)
    own = served_pool(named)
    pool = own if foreign is None else LayeredPool(own, foreign)
    servicer = reflection.aio.ReflectionServicer(named, pool=pool)  # type: ignore[attr-defined]  # older stubs
    reflection_pb2_grpc.add_ServerReflectionServicer_to_server(servicer, server)
    handler = grpc.stream_stream_rpc_method_handler(
        servicer.ServerReflectionInfo,
        reflection_pb2.ServerReflectionRequest.FromString,
        reflection_pb2.ServerReflectionResponse.SerializeToString,
    )
    methods = {"ServerReflectionInfo": handler}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(V1_SERVICE_NAME, methods),))


def served_pool(services: Collection[str]) -> descriptor_pool.DescriptorPool:
    """The types that callers of these services meet, and no other service than these.

    A process knows more, such as the internal services that it calls itself: what it imported is nobody's
    business.
    """
    known, pool = descriptor_pool.Default(), descriptor_pool.DescriptorPool()
    files: dict[str, FileDescriptor] = {}
    for service in services:
        if service != V1_SERVICE_NAME:
            _add_with_imports(files, known.FindServiceByName(service).file)
    # Errors carry them, and no proto of ours imports them.
    _add_with_imports(files, error_details_pb2.DESCRIPTOR)
    for file in files.values():
        pool.AddSerializedFile(_without_others(file, services).SerializeToString())
    pool.AddSerializedFile(_v1_file().SerializeToString())
    return pool


def _add_with_imports(files: dict[str, FileDescriptor], file: FileDescriptor) -> None:
    """Adds a file after those that it imports, as a pool wants them."""
    if file.name in files:
        return
    for imported in file.dependencies:
        _add_with_imports(files, imported)
    files[file.name] = file


def _without_others(file: FileDescriptor, services: Collection[str]) -> descriptor_pb2.FileDescriptorProto:
    found = descriptor_pb2.FileDescriptorProto()
    file.CopyToProto(found)
    served = [one for one in found.service if f"{found.package}.{one.name}" in services]
    del found.service[:]
    found.service.extend(served)
    return found


def _v1_file() -> descriptor_pb2.FileDescriptorProto:
    """The file of v1, which grpcio-reflection does not have: that of v1alpha in the newer package."""
    alpha = descriptor_pb2.FileDescriptorProto()
    reflection_pb2.DESCRIPTOR.CopyToProto(alpha)
    text = text_format.MessageToString(alpha).replace("reflection.v1alpha", "reflection.v1")
    found = text_format.Parse(text, descriptor_pb2.FileDescriptorProto())
    found.name = "grpc/reflection/v1/reflection.proto"
    return found
