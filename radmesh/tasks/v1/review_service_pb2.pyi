from google.protobuf import struct_pb2 as _struct_pb2
from radmesh.tasks.v1 import review_pb2 as _review_pb2
from radmesh.tasks.v1 import task_pb2 as _task_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ReviewTaskRequest(_message.Message):
    __slots__ = ("name", "sequence", "decision", "reason", "replacements", "parameters")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REPLACEMENTS_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    name: str
    sequence: int
    decision: _review_pb2.ReviewDecision
    reason: str
    replacements: _containers.RepeatedCompositeFieldContainer[_review_pb2.ArtifactReplacement]
    parameters: _struct_pb2.Struct
    def __init__(self, name: _Optional[str] = ..., sequence: _Optional[int] = ..., decision: _Optional[_Union[_review_pb2.ReviewDecision, str]] = ..., reason: _Optional[str] = ..., replacements: _Optional[_Iterable[_Union[_review_pb2.ArtifactReplacement, _Mapping]]] = ..., parameters: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...

class ReviewTaskResponse(_message.Message):
    __slots__ = ("task",)
    TASK_FIELD_NUMBER: _ClassVar[int]
    task: _task_pb2.Task
    def __init__(self, task: _Optional[_Union[_task_pb2.Task, _Mapping]] = ...) -> None: ...
