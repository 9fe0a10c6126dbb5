"""The descriptors of a worker's result types, as its hello carries them."""

from typing import Any

from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.message import Message


def descriptor_set(*types: type[Message]) -> bytes:
    """A serialized FileDescriptorSet of the files of these messages, each file once, dependencies first."""
    files = FileDescriptorSet()
    seen: set[str] = set()

    def add(file: Any) -> None:  # a FileDescriptor of either implementation of protobuf
        if file.name in seen:
            return
        seen.add(file.name)
        for dependency in file.dependencies:
            add(dependency)
        file.CopyToProto(files.file.add())

    for one in types:
        add(one.DESCRIPTOR.file)
    return files.SerializeToString(deterministic=True)
