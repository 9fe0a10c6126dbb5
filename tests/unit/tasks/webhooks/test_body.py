"""What a webhook says."""

import json
from typing import Any

from google.protobuf import any_pb2, descriptor_pb2, descriptor_pool, message_factory, struct_pb2

from radmesh.tasks.v1 import task_pb2
from services.tasks.records import TaskRecord
from services.tasks.webhooks.body import result_type, write_body
from services.tasks.webhooks.records import CallbackRecord
from tests.support.task_records import new_task

EMPTY = descriptor_pool.DescriptorPool()


def foreign_pool() -> descriptor_pool.DescriptorPool:
    """A type that this process was not built with."""
    file = descriptor_pb2.FileDescriptorProto(name="ward/v1/ward.proto", package="ward.v1", syntax="proto3")
    message = file.message_type.add(name="Result")
    message.field.add(name="mean_hu", number=1, type=1, label=1)
    message.field.add(name="label", number=2, type=9, label=1)
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return pool


def foreign_result(pool: descriptor_pool.DescriptorPool, **fields: Any) -> bytes:
    message = message_factory.GetMessageClass(pool.FindMessageTypeByName("ward.v1.Result"))(**fields)
    packed = any_pb2.Any()
    packed.Pack(message)
    return packed.SerializeToString()


def said(pool: descriptor_pool.DescriptorPool = EMPTY, **outcome: bytes) -> Any:
    fields = vars(new_task(task_id="f" * 32))
    record = TaskRecord(**{**fields, **outcome}, callback=CallbackRecord("http://ris/"))
    return json.loads(write_body(record, pool))


def test_a_result_is_told_in_protobufs_json_form_from_the_workers_own_types() -> None:
    pool = foreign_pool()
    assert said(pool, result=foreign_result(pool, mean_hu=41.5, label="Lendenwirbelkörper")) == {
        "taskId": "f" * 32,
        "data": {
            "@type": "type.googleapis.com/ward.v1.Result",
            "meanHu": 41.5,
            "label": "Lendenwirbelkörper",
        },
        "error": None,
    }


def test_a_measured_zero_is_told() -> None:
    pool = foreign_pool()
    assert said(pool, result=foreign_result(pool))["data"]["meanHu"] == 0.0


def test_a_worker_cannot_make_its_type_ours() -> None:
    foreign_pool()
    try:
        descriptor_pool.Default().FindMessageTypeByName("ward.v1.Result")
    except KeyError:
        return
    raise AssertionError("the default pool knows a worker's type")


def test_a_result_that_cannot_be_told_in_fields_is_told_in_base64() -> None:
    pool = foreign_pool()
    result = foreign_result(pool, mean_hu=1)
    told = said(EMPTY, result=result)["data"]
    assert told == {"@type": "type.googleapis.com/ward.v1.Result", "value": "CQAAAAAAAPA/"}
    broken = any_pb2.Any(type_url="type.googleapis.com/ward.v1.Result", value=b"\xff\xff")
    assert said(pool, result=broken.SerializeToString())["data"]["value"] == "//8="
    not_a_number, packed = struct_pb2.Struct(), any_pb2.Any()
    not_a_number.update({"area": float("nan")})
    packed.Pack(not_a_number)
    assert "value" in said(EMPTY, result=packed.SerializeToString())["data"]


def test_an_error_is_told_with_its_number() -> None:
    error = task_pb2.TaskError(
        code=12001, reason="OUT_OF_MEMORY", message="Too little memory.", retryable=True
    )
    assert said(error=error.SerializeToString()) == {
        "taskId": "f" * 32,
        "data": None,
        "error": {"code": 12001, "reason": "OUT_OF_MEMORY", "message": "Too little memory."},
    }


def test_the_type_of_a_result() -> None:
    assert result_type(foreign_result(foreign_pool())) == "ward.v1.Result"
    assert result_type(b"") == ""
