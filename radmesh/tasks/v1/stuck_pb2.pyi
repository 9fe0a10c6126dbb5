import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from radmesh.tasks.v1 import task_pb2 as _task_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class StuckReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STUCK_REASON_UNSPECIFIED: _ClassVar[StuckReason]
    STUCK_REASON_WORKER_LOST: _ClassVar[StuckReason]
    STUCK_REASON_HEARTBEAT_EXPIRED: _ClassVar[StuckReason]
    STUCK_REASON_NO_PROGRESS: _ClassVar[StuckReason]
    STUCK_REASON_RUNTIME_EXCEEDED: _ClassVar[StuckReason]
    STUCK_REASON_ORPHANED: _ClassVar[StuckReason]
    STUCK_REASON_LOST_FROM_QUEUE: _ClassVar[StuckReason]

class WorkerAnswer(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WORKER_ANSWER_UNSPECIFIED: _ClassVar[WorkerAnswer]
    WORKER_ANSWER_RUNS: _ClassVar[WorkerAnswer]
    WORKER_ANSWER_HOLDS: _ClassVar[WorkerAnswer]
    WORKER_ANSWER_UNKNOWN_ATTEMPT: _ClassVar[WorkerAnswer]
    WORKER_ANSWER_SILENT: _ClassVar[WorkerAnswer]
    WORKER_ANSWER_NOT_CONNECTED: _ClassVar[WorkerAnswer]
STUCK_REASON_UNSPECIFIED: StuckReason
STUCK_REASON_WORKER_LOST: StuckReason
STUCK_REASON_HEARTBEAT_EXPIRED: StuckReason
STUCK_REASON_NO_PROGRESS: StuckReason
STUCK_REASON_RUNTIME_EXCEEDED: StuckReason
STUCK_REASON_ORPHANED: StuckReason
STUCK_REASON_LOST_FROM_QUEUE: StuckReason
WORKER_ANSWER_UNSPECIFIED: WorkerAnswer
WORKER_ANSWER_RUNS: WorkerAnswer
WORKER_ANSWER_HOLDS: WorkerAnswer
WORKER_ANSWER_UNKNOWN_ATTEMPT: WorkerAnswer
WORKER_ANSWER_SILENT: WorkerAnswer
WORKER_ANSWER_NOT_CONNECTED: WorkerAnswer

class TaskFinding(_message.Message):
    __slots__ = ("task", "pipeline", "state", "attempt", "start_time", "runtime", "last_heartbeat_time", "last_progress_time", "worker", "worker_answer", "stuck_reason")
    TASK_FIELD_NUMBER: _ClassVar[int]
    PIPELINE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    RUNTIME_FIELD_NUMBER: _ClassVar[int]
    LAST_HEARTBEAT_TIME_FIELD_NUMBER: _ClassVar[int]
    LAST_PROGRESS_TIME_FIELD_NUMBER: _ClassVar[int]
    WORKER_FIELD_NUMBER: _ClassVar[int]
    WORKER_ANSWER_FIELD_NUMBER: _ClassVar[int]
    STUCK_REASON_FIELD_NUMBER: _ClassVar[int]
    task: str
    pipeline: str
    state: _task_pb2.TaskState
    attempt: int
    start_time: _timestamp_pb2.Timestamp
    runtime: _duration_pb2.Duration
    last_heartbeat_time: _timestamp_pb2.Timestamp
    last_progress_time: _timestamp_pb2.Timestamp
    worker: str
    worker_answer: WorkerAnswer
    stuck_reason: StuckReason
    def __init__(self, task: _Optional[str] = ..., pipeline: _Optional[str] = ..., state: _Optional[_Union[_task_pb2.TaskState, str]] = ..., attempt: _Optional[int] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., runtime: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., last_heartbeat_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_progress_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., worker: _Optional[str] = ..., worker_answer: _Optional[_Union[WorkerAnswer, str]] = ..., stuck_reason: _Optional[_Union[StuckReason, str]] = ...) -> None: ...

class TaskRecovery(_message.Message):
    __slots__ = ("finding", "reset", "left_reason")
    FINDING_FIELD_NUMBER: _ClassVar[int]
    RESET_FIELD_NUMBER: _ClassVar[int]
    LEFT_REASON_FIELD_NUMBER: _ClassVar[int]
    finding: TaskFinding
    reset: bool
    left_reason: str
    def __init__(self, finding: _Optional[_Union[TaskFinding, _Mapping]] = ..., reset: _Optional[bool] = ..., left_reason: _Optional[str] = ...) -> None: ...
