from radmesh.models.v1 import model_pb2 as _model_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class NnunetDeleteResult(_message.Message):
    __slots__ = ("model", "deleted", "remaining")
    MODEL_FIELD_NUMBER: _ClassVar[int]
    DELETED_FIELD_NUMBER: _ClassVar[int]
    REMAINING_FIELD_NUMBER: _ClassVar[int]
    model: str
    deleted: bool
    remaining: _model_pb2.Model
    def __init__(self, model: _Optional[str] = ..., deleted: _Optional[bool] = ..., remaining: _Optional[_Union[_model_pb2.Model, _Mapping]] = ...) -> None: ...
