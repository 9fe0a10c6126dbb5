from radmesh.tasks.v1 import batch_service_pb2 as _batch_service_pb2
from radmesh.tasks.v1 import pipeline_pb2 as _pipeline_pb2
from radmesh.tasks.v1 import task_pb2 as _task_pb2
from radmesh.tasks.v1 import task_service_pb2 as _task_service_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class FollowRequest(_message.Message):
    __slots__ = ("follow", "unfollow", "logs", "creates")
    FOLLOW_FIELD_NUMBER: _ClassVar[int]
    UNFOLLOW_FIELD_NUMBER: _ClassVar[int]
    LOGS_FIELD_NUMBER: _ClassVar[int]
    CREATES_FIELD_NUMBER: _ClassVar[int]
    follow: _containers.RepeatedScalarFieldContainer[str]
    unfollow: _containers.RepeatedScalarFieldContainer[str]
    logs: _containers.RepeatedCompositeFieldContainer[WantedLog]
    creates: _containers.RepeatedCompositeFieldContainer[WantedTask]
    def __init__(self, follow: _Optional[_Iterable[str]] = ..., unfollow: _Optional[_Iterable[str]] = ..., logs: _Optional[_Iterable[_Union[WantedLog, _Mapping]]] = ..., creates: _Optional[_Iterable[_Union[WantedTask, _Mapping]]] = ...) -> None: ...

class WantedTask(_message.Message):
    __slots__ = ("number", "owner", "traceparent", "request")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    TRACEPARENT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    number: int
    owner: str
    traceparent: str
    request: _task_service_pb2.CreateTaskRequest
    def __init__(self, number: _Optional[int] = ..., owner: _Optional[str] = ..., traceparent: _Optional[str] = ..., request: _Optional[_Union[_task_service_pb2.CreateTaskRequest, _Mapping]] = ...) -> None: ...

class WantedLog(_message.Message):
    __slots__ = ("name", "owner", "after_sequence")
    NAME_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    AFTER_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    name: str
    owner: str
    after_sequence: int
    def __init__(self, name: _Optional[str] = ..., owner: _Optional[str] = ..., after_sequence: _Optional[int] = ...) -> None: ...

class FollowResponse(_message.Message):
    __slots__ = ("task", "followed", "event", "progress", "gap", "batch_event", "batch_progress", "created", "more")
    TASK_FIELD_NUMBER: _ClassVar[int]
    FOLLOWED_FIELD_NUMBER: _ClassVar[int]
    EVENT_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    GAP_FIELD_NUMBER: _ClassVar[int]
    BATCH_EVENT_FIELD_NUMBER: _ClassVar[int]
    BATCH_PROGRESS_FIELD_NUMBER: _ClassVar[int]
    CREATED_FIELD_NUMBER: _ClassVar[int]
    MORE_FIELD_NUMBER: _ClassVar[int]
    task: str
    followed: TaskFollowed
    event: _task_pb2.TaskEvent
    progress: _task_pb2.TaskProgress
    gap: TaskLogGap
    batch_event: _batch_service_pb2.BatchEvent
    batch_progress: _batch_service_pb2.BatchProgress
    created: TaskCreated
    more: _containers.RepeatedCompositeFieldContainer[FollowResponse]
    def __init__(self, task: _Optional[str] = ..., followed: _Optional[_Union[TaskFollowed, _Mapping]] = ..., event: _Optional[_Union[_task_pb2.TaskEvent, _Mapping]] = ..., progress: _Optional[_Union[_task_pb2.TaskProgress, _Mapping]] = ..., gap: _Optional[_Union[TaskLogGap, _Mapping]] = ..., batch_event: _Optional[_Union[_batch_service_pb2.BatchEvent, _Mapping]] = ..., batch_progress: _Optional[_Union[_batch_service_pb2.BatchProgress, _Mapping]] = ..., created: _Optional[_Union[TaskCreated, _Mapping]] = ..., more: _Optional[_Iterable[_Union[FollowResponse, _Mapping]]] = ...) -> None: ...

class TaskFollowed(_message.Message):
    __slots__ = ("log",)
    LOG_FIELD_NUMBER: _ClassVar[int]
    log: TaskLog
    def __init__(self, log: _Optional[_Union[TaskLog, _Mapping]] = ...) -> None: ...

class TaskCreated(_message.Message):
    __slots__ = ("number", "task")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    number: int
    task: _task_pb2.Task
    def __init__(self, number: _Optional[int] = ..., task: _Optional[_Union[_task_pb2.Task, _Mapping]] = ...) -> None: ...

class TaskLog(_message.Message):
    __slots__ = ("task", "events")
    TASK_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    task: _task_pb2.Task
    events: _containers.RepeatedCompositeFieldContainer[_task_pb2.TaskEvent]
    def __init__(self, task: _Optional[_Union[_task_pb2.Task, _Mapping]] = ..., events: _Optional[_Iterable[_Union[_task_pb2.TaskEvent, _Mapping]]] = ...) -> None: ...

class TaskLogGap(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ReadTaskLogRequest(_message.Message):
    __slots__ = ("name", "after_sequence")
    NAME_FIELD_NUMBER: _ClassVar[int]
    AFTER_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    name: str
    after_sequence: int
    def __init__(self, name: _Optional[str] = ..., after_sequence: _Optional[int] = ...) -> None: ...

class ReadTaskLogResponse(_message.Message):
    __slots__ = ("task", "events")
    TASK_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    task: _task_pb2.Task
    events: _containers.RepeatedCompositeFieldContainer[_task_pb2.TaskEvent]
    def __init__(self, task: _Optional[_Union[_task_pb2.Task, _Mapping]] = ..., events: _Optional[_Iterable[_Union[_task_pb2.TaskEvent, _Mapping]]] = ...) -> None: ...

class ReadBatchLogRequest(_message.Message):
    __slots__ = ("name", "after_sequence")
    NAME_FIELD_NUMBER: _ClassVar[int]
    AFTER_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    name: str
    after_sequence: int
    def __init__(self, name: _Optional[str] = ..., after_sequence: _Optional[int] = ...) -> None: ...

class ReadBatchLogResponse(_message.Message):
    __slots__ = ("batch", "events")
    BATCH_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    batch: _batch_service_pb2.Batch
    events: _containers.RepeatedCompositeFieldContainer[_batch_service_pb2.BatchEvent]
    def __init__(self, batch: _Optional[_Union[_batch_service_pb2.Batch, _Mapping]] = ..., events: _Optional[_Iterable[_Union[_batch_service_pb2.BatchEvent, _Mapping]]] = ...) -> None: ...

class ListDescriptorSetsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class FindRequestRequest(_message.Message):
    __slots__ = ("request_id",)
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    def __init__(self, request_id: _Optional[str] = ...) -> None: ...

class FindRequestResponse(_message.Message):
    __slots__ = ("known",)
    KNOWN_FIELD_NUMBER: _ClassVar[int]
    known: bool
    def __init__(self, known: _Optional[bool] = ...) -> None: ...

class ListDescriptorSetsResponse(_message.Message):
    __slots__ = ("descriptor_sets", "next_page_token")
    DESCRIPTOR_SETS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    descriptor_sets: _containers.RepeatedCompositeFieldContainer[DescriptorSet]
    next_page_token: str
    def __init__(self, descriptor_sets: _Optional[_Iterable[_Union[DescriptorSet, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class DescriptorSet(_message.Message):
    __slots__ = ("sha256", "content", "pipelines")
    SHA256_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    PIPELINES_FIELD_NUMBER: _ClassVar[int]
    sha256: str
    content: bytes
    pipelines: _containers.RepeatedCompositeFieldContainer[_pipeline_pb2.Pipeline]
    def __init__(self, sha256: _Optional[str] = ..., content: _Optional[bytes] = ..., pipelines: _Optional[_Iterable[_Union[_pipeline_pb2.Pipeline, _Mapping]]] = ...) -> None: ...
