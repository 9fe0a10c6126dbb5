import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class TaskCallbackState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TASK_CALLBACK_STATE_UNSPECIFIED: _ClassVar[TaskCallbackState]
    TASK_CALLBACK_STATE_WAITING: _ClassVar[TaskCallbackState]
    TASK_CALLBACK_STATE_PENDING: _ClassVar[TaskCallbackState]
    TASK_CALLBACK_STATE_DELIVERED: _ClassVar[TaskCallbackState]
    TASK_CALLBACK_STATE_FAILED: _ClassVar[TaskCallbackState]
TASK_CALLBACK_STATE_UNSPECIFIED: TaskCallbackState
TASK_CALLBACK_STATE_WAITING: TaskCallbackState
TASK_CALLBACK_STATE_PENDING: TaskCallbackState
TASK_CALLBACK_STATE_DELIVERED: TaskCallbackState
TASK_CALLBACK_STATE_FAILED: TaskCallbackState

class TaskCallback(_message.Message):
    __slots__ = ("url", "state", "attempts", "last_status", "last_reason", "next_attempt_time", "deliver_time")
    URL_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    LAST_STATUS_FIELD_NUMBER: _ClassVar[int]
    LAST_REASON_FIELD_NUMBER: _ClassVar[int]
    NEXT_ATTEMPT_TIME_FIELD_NUMBER: _ClassVar[int]
    DELIVER_TIME_FIELD_NUMBER: _ClassVar[int]
    url: str
    state: TaskCallbackState
    attempts: int
    last_status: int
    last_reason: str
    next_attempt_time: _timestamp_pb2.Timestamp
    deliver_time: _timestamp_pb2.Timestamp
    def __init__(self, url: _Optional[str] = ..., state: _Optional[_Union[TaskCallbackState, str]] = ..., attempts: _Optional[int] = ..., last_status: _Optional[int] = ..., last_reason: _Optional[str] = ..., next_attempt_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., deliver_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
