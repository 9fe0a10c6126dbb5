"""What a caller gets of a result or an error."""

import subprocess
import sys

import pytest
from google.protobuf import any_pb2, struct_pb2

from radmesh import errors
from radmesh.client import raise_for_outcome, result_dict, unpack_result
from radmesh.segmentation.v1 import octa_pb2
from radmesh.tasks.v1 import task_pb2


def packed(message: octa_pb2.OctaVesselsResult | struct_pb2.Struct) -> any_pb2.Any:
    wrapped = any_pb2.Any()
    wrapped.Pack(message)
    return wrapped


def test_a_known_result_comes_as_its_type() -> None:
    result = octa_pb2.OctaVesselsResult(vessel_area_fraction=0.25, device="cpu")
    assert unpack_result(packed(result)) == result


def test_a_known_result_is_json_with_its_own_field_names() -> None:
    fields = result_dict(packed(octa_pb2.OctaVesselsResult(vessel_area_fraction=0.25)))
    assert fields["@type"] == "type.googleapis.com/radmesh.segmentation.v1.OctaVesselsResult"
    assert fields["vessel_area_fraction"] == 0.25
    assert fields["rows"] == 0, "a field that is zero is still a measurement"


def test_a_result_of_a_foreign_type_stays_readable_as_bytes() -> None:
    foreign = any_pb2.Any(type_url="type.googleapis.com/vendor.v1.Unheard", value=b"\x01\x02")
    assert unpack_result(foreign) is None
    assert result_dict(foreign) == {"@type": foreign.type_url, "value": "AQI="}


def test_a_type_is_found_though_its_stubs_were_not_imported() -> None:
    code = (
        "from google.protobuf import any_pb2\nfrom radmesh.client import unpack_result\n"
        "url = 'type.googleapis.com/radmesh.segmentation.v1.OctaVesselsResult'\n"
        "assert unpack_result(any_pb2.Any(type_url=url)) is not None"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_a_struct_is_plain_json() -> None:
    struct = struct_pb2.Struct()
    struct.update({"counted": 5})
    assert result_dict(packed(struct))["counted"] == 5


def test_a_failed_task_raises_its_reason_and_code() -> None:
    error = task_pb2.TaskError(code=12001, reason="WORKER_CRASHED_REPEATEDLY", message="Twice.")
    failed = task_pb2.Task(name="tasks/x", state=task_pb2.TASK_STATE_FAILED, error=error)
    with pytest.raises(errors.TaskFailedError, match="Twice") as raised:
        raise_for_outcome(failed)
    assert raised.value.reason == "WORKER_CRASHED_REPEATEDLY"
    assert raised.value.numeric_code is errors.NumericCode.INFERENCE_FAILED
    assert raised.value.metadata["task"] == "tasks/x"


def test_a_task_that_succeeded_raises_nothing() -> None:
    raise_for_outcome(task_pb2.Task(state=task_pb2.TASK_STATE_SUCCEEDED))
