"""Checks the descriptors of a worker's result types, in pools of their own, never in the default one."""

import hashlib
from collections.abc import Iterator
from typing import Any

from google.protobuf import descriptor, descriptor_pb2, descriptor_pool
from google.protobuf.message import DecodeError

from radmesh.errors import FailedPreconditionError

# As many types as fit into it take a third of a second to read.
MAX_DESCRIPTOR_SET_BYTES = 256 << 10

Shape = dict[str, Any]


class DescriptorSetError(Exception):
    """A descriptor set cannot be used; says why."""


def digest(content: bytes) -> str:
    """The name under which a descriptor set is kept: its SHA-256, hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def read_types(content: bytes) -> dict[str, Shape]:
    """The shape of each message and enum of a serialized FileDescriptorSet, by full name.

    A shape holds what readers depend on: numbers, names and types of fields, names and numbers of values.
    Raises DescriptorSetError when the set is too large, cannot be read, or lacks a file that it imports.
    """
    if len(content) > MAX_DESCRIPTOR_SET_BYTES:
        raise DescriptorSetError(f"has more than {MAX_DESCRIPTOR_SET_BYTES} bytes")
    try:
        files = descriptor_pb2.FileDescriptorSet.FromString(content).file
    except DecodeError:
        raise DescriptorSetError("is not a google.protobuf.FileDescriptorSet") from None
    pool = descriptor_pool.DescriptorPool()
    shapes: dict[str, Shape] = {}
    for file in files:
        try:
            pool.AddSerializedFile(file.SerializeToString())
            found = pool.FindFileByName(file.name)
        except (TypeError, KeyError):
            raise DescriptorSetError(
                f"{file.name} does not build: each file must come once, after those that it imports"
            ) from None
        shapes.update(_shapes_of(found))
    return shapes


def check_compatible(known: dict[str, Shape], offered: dict[str, Shape]) -> None:
    """Raises FailedPreconditionError (DESCRIPTOR_CONFLICT) when a type means something else than before.

    Fields and values may come and go, so that old and new workers can run side by side; a number or a name
    that both have must mean the same. Anything else needs a new type name.
    """
    for name in sorted(known.keys() & offered.keys()):
        clash = _clash(known[name], offered[name])
        if clash:
            raise FailedPreconditionError(
                f"type {name} is known with another {clash}; an incompatible change needs a new type name",
                reason="DESCRIPTOR_CONFLICT",
                metadata={"type": name, "element": clash},
            )


def _clash(known: Shape, offered: Shape) -> str:
    for key in sorted(known.keys() & offered.keys()):
        if known[key] != offered[key]:
            return key
    return ""


def _shapes_of(file: descriptor.FileDescriptor) -> Iterator[tuple[str, Shape]]:
    for enum in file.enum_types_by_name.values():
        yield enum.full_name, _enum_shape(enum)
    for message in file.message_types_by_name.values():
        yield from _message_shapes(message)


def _message_shapes(message: descriptor.Descriptor) -> Iterator[tuple[str, Shape]]:
    shape: Shape = {"kind": "message"}
    for field in message.fields:
        target = field.message_type or field.enum_type
        meaning = (field.type, field.is_repeated, target.full_name if target else "")
        shape[f"field number {field.number}"] = (field.name, *meaning)
        shape[f"field {field.name}"] = (field.number, *meaning)
    yield message.full_name, shape
    for enum in message.enum_types:
        yield enum.full_name, _enum_shape(enum)
    for nested in message.nested_types:
        yield from _message_shapes(nested)


def _enum_shape(enum: descriptor.EnumDescriptor) -> Shape:
    shape: Shape = {"kind": "enum"}
    for value in enum.values:
        shape[f"value {value.name}"] = value.number
    return shape
