"""What a task came to: its typed result, or its error raised."""

import base64
import importlib
import pkgutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.protobuf import any_pb2, descriptor_pool, json_format, message_factory
from google.protobuf.message import Message

from radmesh.errors import NumericCode, TaskFailedError
from radmesh.tasks.v1 import task_pb2

ENDED = frozenset({task_pb2.TASK_STATE_SUCCEEDED, task_pb2.TASK_STATE_FAILED, task_pb2.TASK_STATE_CANCELLED})


@dataclass(frozen=True)
class Analysis:
    """A task that ended, and where its artifacts were written: file name → path."""

    task: task_pb2.Task
    files: dict[str, Path]


def raise_for_outcome(task: task_pb2.Task) -> None:
    """Raises TaskFailedError, with the reason of the task's error, unless the task succeeded."""
    if task.state == task_pb2.TASK_STATE_SUCCEEDED:
        return
    error = task.error
    failed = TaskFailedError(
        error.message or f"The task is {task_pb2.TaskState.Name(task.state)}.",
        reason=error.reason or None,
        metadata={**error.metadata, "task": task.name},
    )
    if error.code in {int(known) for known in NumericCode}:
        failed.numeric_code = NumericCode(error.code)
    raise failed


def unpack_result(result: any_pb2.Any) -> Message | None:
    """The typed message of a result; None when its type is not known here."""
    full_name = result.TypeName()
    pool = descriptor_pool.Default()
    try:
        descriptor = pool.FindMessageTypeByName(full_name)
    except KeyError:
        if not _import_stubs(full_name):
            return None
        try:
            descriptor = pool.FindMessageTypeByName(full_name)
        except KeyError:
            return None
    message: Message = message_factory.GetMessageClass(descriptor)()
    message.ParseFromString(result.value)
    return message


def result_dict(result: any_pb2.Any) -> dict[str, Any]:
    """A result for JSON: `@type`, then its fields; only `value` in base64 when its type is not known here."""
    head = {"@type": result.type_url}
    message = unpack_result(result)
    if message is None:
        return {**head, "value": base64.b64encode(result.value).decode("ascii")}
    fields = json_format.MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    return {**head, **(fields if isinstance(fields, dict) else {"value": fields})}


def _import_stubs(full_name: str) -> bool:
    """Imports the stubs of a type's package, if they ship with the client.

    Nothing else is imported: the name comes from a server.
    """
    package = full_name.rpartition(".")[0]
    if not package.startswith("radmesh."):
        return False
    try:
        module = importlib.import_module(package)
    except ImportError:
        return False
    for found in pkgutil.iter_modules(module.__path__):
        if found.name.endswith("_pb2"):
            importlib.import_module(f"{package}.{found.name}")
    return True
