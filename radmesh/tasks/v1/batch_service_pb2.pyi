import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from radmesh.tasks.v1 import task_pb2 as _task_pb2
from radmesh.tasks.v1 import task_service_pb2 as _task_service_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Batch(_message.Message):
    __slots__ = ("name", "owner", "create_time", "end_time", "sequence", "members")
    NAME_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    MEMBERS_FIELD_NUMBER: _ClassVar[int]
    name: str
    owner: str
    create_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    sequence: int
    members: _containers.RepeatedCompositeFieldContainer[BatchMember]
    def __init__(self, name: _Optional[str] = ..., owner: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., sequence: _Optional[int] = ..., members: _Optional[_Iterable[_Union[BatchMember, _Mapping]]] = ...) -> None: ...

class BatchMember(_message.Message):
    __slots__ = ("task", "state", "progress")
    TASK_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    task: str
    state: _task_pb2.TaskState
    progress: _task_pb2.TaskProgress
    def __init__(self, task: _Optional[str] = ..., state: _Optional[_Union[_task_pb2.TaskState, str]] = ..., progress: _Optional[_Union[_task_pb2.TaskProgress, _Mapping]] = ...) -> None: ...

class BatchCreateTasksRequest(_message.Message):
    __slots__ = ("request_id", "requests")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    requests: _containers.RepeatedCompositeFieldContainer[_task_service_pb2.CreateTaskRequest]
    def __init__(self, request_id: _Optional[str] = ..., requests: _Optional[_Iterable[_Union[_task_service_pb2.CreateTaskRequest, _Mapping]]] = ...) -> None: ...

class BatchCreateTasksResponse(_message.Message):
    __slots__ = ("batch", "items")
    BATCH_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    batch: Batch
    items: _containers.RepeatedCompositeFieldContainer[BatchCreateTasksItem]
    def __init__(self, batch: _Optional[_Union[Batch, _Mapping]] = ..., items: _Optional[_Iterable[_Union[BatchCreateTasksItem, _Mapping]]] = ...) -> None: ...

class BatchCreateTasksItem(_message.Message):
    __slots__ = ("task", "error", "deduplicated")
    TASK_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    DEDUPLICATED_FIELD_NUMBER: _ClassVar[int]
    task: _task_pb2.Task
    error: RequestError
    deduplicated: bool
    def __init__(self, task: _Optional[_Union[_task_pb2.Task, _Mapping]] = ..., error: _Optional[_Union[RequestError, _Mapping]] = ..., deduplicated: _Optional[bool] = ...) -> None: ...

class RequestError(_message.Message):
    __slots__ = ("code", "reason", "message", "metadata", "field_violations")
    class MetadataEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    CODE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    FIELD_VIOLATIONS_FIELD_NUMBER: _ClassVar[int]
    code: int
    reason: str
    message: str
    metadata: _containers.ScalarMap[str, str]
    field_violations: _containers.RepeatedCompositeFieldContainer[FieldViolation]
    def __init__(self, code: _Optional[int] = ..., reason: _Optional[str] = ..., message: _Optional[str] = ..., metadata: _Optional[_Mapping[str, str]] = ..., field_violations: _Optional[_Iterable[_Union[FieldViolation, _Mapping]]] = ...) -> None: ...

class FieldViolation(_message.Message):
    __slots__ = ("field", "description")
    FIELD_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    field: str
    description: str
    def __init__(self, field: _Optional[str] = ..., description: _Optional[str] = ...) -> None: ...

class GetBatchRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class GetBatchResponse(_message.Message):
    __slots__ = ("batch",)
    BATCH_FIELD_NUMBER: _ClassVar[int]
    batch: Batch
    def __init__(self, batch: _Optional[_Union[Batch, _Mapping]] = ...) -> None: ...

class WatchBatchRequest(_message.Message):
    __slots__ = ("name", "after_sequence", "reads_more")
    NAME_FIELD_NUMBER: _ClassVar[int]
    AFTER_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    READS_MORE_FIELD_NUMBER: _ClassVar[int]
    name: str
    after_sequence: int
    reads_more: bool
    def __init__(self, name: _Optional[str] = ..., after_sequence: _Optional[int] = ..., reads_more: _Optional[bool] = ...) -> None: ...

class WatchBatchResponse(_message.Message):
    __slots__ = ("snapshot", "event", "progress", "bookmark", "more")
    SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    EVENT_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    BOOKMARK_FIELD_NUMBER: _ClassVar[int]
    MORE_FIELD_NUMBER: _ClassVar[int]
    snapshot: Batch
    event: BatchEvent
    progress: BatchProgress
    bookmark: BatchBookmark
    more: _containers.RepeatedCompositeFieldContainer[WatchBatchResponse]
    def __init__(self, snapshot: _Optional[_Union[Batch, _Mapping]] = ..., event: _Optional[_Union[BatchEvent, _Mapping]] = ..., progress: _Optional[_Union[BatchProgress, _Mapping]] = ..., bookmark: _Optional[_Union[BatchBookmark, _Mapping]] = ..., more: _Optional[_Iterable[_Union[WatchBatchResponse, _Mapping]]] = ...) -> None: ...

class BatchEvent(_message.Message):
    __slots__ = ("sequence", "task", "event", "open_tasks")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    EVENT_FIELD_NUMBER: _ClassVar[int]
    OPEN_TASKS_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    task: str
    event: _task_pb2.TaskEvent
    open_tasks: int
    def __init__(self, sequence: _Optional[int] = ..., task: _Optional[str] = ..., event: _Optional[_Union[_task_pb2.TaskEvent, _Mapping]] = ..., open_tasks: _Optional[int] = ...) -> None: ...

class BatchProgress(_message.Message):
    __slots__ = ("task", "progress")
    TASK_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    task: str
    progress: _task_pb2.TaskProgress
    def __init__(self, task: _Optional[str] = ..., progress: _Optional[_Union[_task_pb2.TaskProgress, _Mapping]] = ...) -> None: ...

class BatchBookmark(_message.Message):
    __slots__ = ("sequence",)
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    def __init__(self, sequence: _Optional[int] = ...) -> None: ...
