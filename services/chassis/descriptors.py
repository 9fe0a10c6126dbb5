"""The descriptors of a worker's result types, as its hello carries them."""

from google.protobuf.descriptor import Descriptor, FileDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet


def descriptor_set(*types: Descriptor) -> bytes:
    """A serialized FileDescriptorSet of the files of these types, each file once, dependencies first."""
    files = FileDescriptorSet()
    seen: set[str] = set()

    def add(file: FileDescriptor) -> None:
        if file.name in seen:
            return
        seen.add(file.name)
        for dependency in file.dependencies:
            add(dependency)
        file.CopyToProto(files.file.add())

    for one in types:
        add(one.file)
    return files.SerializeToString(deterministic=True)
