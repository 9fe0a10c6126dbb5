"""What counts as the same result type in two descriptor sets, and what is no descriptor set."""

import pytest
from google.protobuf import descriptor_pb2, struct_pb2

from radmesh.errors import FailedPreconditionError
from services.tasks.descriptors import DescriptorSetError, check_compatible, read_types

Field = tuple[str, int, int]


def types(*fields: Field, name: str = "Result") -> bytes:
    found = descriptor_pb2.FileDescriptorSet()
    file = found.file.add(name="example.proto", package="example", syntax="proto3")
    message = file.message_type.add(name=name)
    for field, number, kind in fields:
        message.field.add(name=field, number=number, type=kind, label=1)
    return found.SerializeToString()


AREA: Field = ("area_mm2", 1, 1)


@pytest.mark.parametrize(
    "offered",
    [
        types(AREA),
        types(AREA, ("mean_hu", 2, 1)),
        types(("mean_hu", 2, 1)),
        types(("other", 1, 9), name="AnotherResult"),
    ],
)
def test_fields_may_come_and_go_so_that_versions_run_side_by_side(offered: bytes) -> None:
    known = read_types(types(AREA))
    check_compatible(known, read_types(offered))
    check_compatible(read_types(offered), known)


@pytest.mark.parametrize("changed", [("area_mm2", 1, 9), ("area_mm2", 3, 1), ("area_cm2", 1, 1)])
def test_a_field_that_means_something_else_is_a_conflict(changed: Field) -> None:
    known, offered = read_types(types(AREA)), read_types(types(changed))
    for one, other in ((known, offered), (offered, known)):
        with pytest.raises(FailedPreconditionError) as refused:
            check_compatible(one, other)
        assert refused.value.reason == "DESCRIPTOR_CONFLICT"


def test_a_message_that_becomes_an_enum_is_a_conflict() -> None:
    found = descriptor_pb2.FileDescriptorSet()
    file = found.file.add(name="example.proto", package="example", syntax="proto3")
    file.enum_type.add(name="Result").value.add(name="ZERO", number=0)
    with pytest.raises(FailedPreconditionError):
        check_compatible(read_types(types(AREA)), read_types(found.SerializeToString()))


def test_a_set_must_hold_what_it_imports_and_stay_small() -> None:
    found = descriptor_pb2.FileDescriptorSet()
    found.file.add(name="a.proto", dependency=["missing.proto"])
    with pytest.raises(DescriptorSetError):
        read_types(found.SerializeToString())
    with pytest.raises(DescriptorSetError):
        read_types(b"\x00" * ((256 << 10) + 1))


def test_known_types_never_reach_the_default_pool() -> None:
    well_known = descriptor_pb2.FileDescriptorSet()
    struct_pb2.DESCRIPTOR.CopyToProto(well_known.file.add())
    assert "google.protobuf.Struct" in read_types(well_known.SerializeToString())
    read_types(types(("only_here", 1, 1), name="OnlyHere"))
    from google.protobuf import descriptor_pool

    with pytest.raises(KeyError):
        descriptor_pool.Default().FindMessageTypeByName("example.OnlyHere")
