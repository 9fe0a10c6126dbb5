"""Types of workers are known to reflection, and a bad one harms none of the others."""

import pytest
from google.protobuf import descriptor_pb2, duration_pb2

from radmesh.tasks.v1.follow_service_pb2 import DescriptorSet
from radmesh.tasks.v1.pipeline_pb2 import Pipeline
from services.gateway.foreign_types import build_pool

FieldProto = descriptor_pb2.FieldDescriptorProto


def file(package: str, *fields: str, imports: tuple[str, ...] = ()) -> descriptor_pb2.FileDescriptorProto:
    found = descriptor_pb2.FileDescriptorProto(
        name=f"{package}.proto", package=package, syntax="proto3", dependency=imports
    )
    message = found.message_type.add(name="Result")
    for number, name in enumerate(fields, 1):
        message.field.add(
            name=name, number=number, type=FieldProto.TYPE_STRING, label=FieldProto.LABEL_OPTIONAL
        )
    return found


def descriptor_set(
    sha256: str, *files: descriptor_pb2.FileDescriptorProto, used: bool = True
) -> DescriptorSet:
    content = descriptor_pb2.FileDescriptorSet(file=files).SerializeToString()
    return DescriptorSet(sha256=sha256, content=content, pipelines=[Pipeline()] if used else [])


def fields_of(pool: object, package: str) -> list[str]:
    found = pool.FindMessageTypeByName(f"{package}.Result")  # type: ignore[attr-defined]
    return [field.name for field in found.fields]


def duration() -> descriptor_pb2.FileDescriptorProto:
    found = descriptor_pb2.FileDescriptorProto()
    duration_pb2.DESCRIPTOR.CopyToProto(found)
    return found


def test_the_types_of_all_workers_are_found() -> None:
    spleen = file("spleen", "volume", imports=("google/protobuf/duration.proto",))
    pool = build_pool([descriptor_set("a", duration(), spleen), descriptor_set("b", file("liver", "lobe"))])
    assert fields_of(pool, "spleen") == ["volume"]
    assert fields_of(pool, "liver") == ["lobe"]


def test_files_that_two_workers_share_are_no_conflict() -> None:
    pool = build_pool(
        [descriptor_set("a", duration(), file("a")), descriptor_set("b", duration(), file("b"))]
    )
    assert pool.FindFileByName("google/protobuf/duration.proto").package == "google.protobuf"


def test_of_two_versions_the_one_in_use_wins() -> None:
    old = descriptor_set("a", file("spleen", "volume"), used=False)
    new = descriptor_set("b", file("spleen", "volume", "length"))
    assert fields_of(build_pool([old, new]), "spleen") == ["volume", "length"]


def test_a_set_that_cannot_be_read_or_linked_harms_no_other() -> None:
    broken = DescriptorSet(sha256="a", content=b"\xff\xff", pipelines=[Pipeline()])
    unlinked = descriptor_set("b", file("lonely", imports=("missing.proto",)))
    pool = build_pool([broken, unlinked, descriptor_set("c", file("liver", "lobe"))])
    assert fields_of(pool, "liver") == ["lobe"]
    with pytest.raises(KeyError):
        pool.FindFileByName("lonely.proto")


def test_the_services_of_a_worker_are_not_told_as_ours() -> None:
    hip = file("hip", "angle")
    hip.service.add(name="HipService")
    pool = build_pool([descriptor_set("a", hip)])
    assert fields_of(pool, "hip") == ["angle"]
    with pytest.raises(KeyError):
        pool.FindServiceByName("hip.HipService")
