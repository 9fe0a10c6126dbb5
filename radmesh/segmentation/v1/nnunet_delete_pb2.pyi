from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class NnunetDeleteResult(_message.Message):
    __slots__ = ("model", "deleted")
    MODEL_FIELD_NUMBER: _ClassVar[int]
    DELETED_FIELD_NUMBER: _ClassVar[int]
    model: str
    deleted: bool
    def __init__(self, model: _Optional[str] = ..., deleted: _Optional[bool] = ...) -> None: ...
