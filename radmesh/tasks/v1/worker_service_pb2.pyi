import datetime

from google.protobuf import any_pb2 as _any_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import struct_pb2 as _struct_pb2
from radmesh.tasks.v1 import pipeline_pb2 as _pipeline_pb2
from radmesh.tasks.v1 import task_pb2 as _task_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class LeaseStanding(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LEASE_STANDING_UNSPECIFIED: _ClassVar[LeaseStanding]
    LEASE_STANDING_ACCEPTED: _ClassVar[LeaseStanding]
    LEASE_STANDING_LEASE_LOST: _ClassVar[LeaseStanding]
LEASE_STANDING_UNSPECIFIED: LeaseStanding
LEASE_STANDING_ACCEPTED: LeaseStanding
LEASE_STANDING_LEASE_LOST: LeaseStanding

class WorkRequest(_message.Message):
    __slots__ = ("hello", "heartbeat", "progress", "outcome", "inspection", "pipelines", "more")
    HELLO_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    INSPECTION_FIELD_NUMBER: _ClassVar[int]
    PIPELINES_FIELD_NUMBER: _ClassVar[int]
    MORE_FIELD_NUMBER: _ClassVar[int]
    hello: WorkerHello
    heartbeat: WorkerHeartbeat
    progress: WorkerProgress
    outcome: WorkerOutcome
    inspection: WorkerInspection
    pipelines: WorkerPipelines
    more: _containers.RepeatedCompositeFieldContainer[WorkRequest]
    def __init__(self, hello: _Optional[_Union[WorkerHello, _Mapping]] = ..., heartbeat: _Optional[_Union[WorkerHeartbeat, _Mapping]] = ..., progress: _Optional[_Union[WorkerProgress, _Mapping]] = ..., outcome: _Optional[_Union[WorkerOutcome, _Mapping]] = ..., inspection: _Optional[_Union[WorkerInspection, _Mapping]] = ..., pipelines: _Optional[_Union[WorkerPipelines, _Mapping]] = ..., more: _Optional[_Iterable[_Union[WorkRequest, _Mapping]]] = ...) -> None: ...

class WorkerHello(_message.Message):
    __slots__ = ("worker", "pipelines", "descriptor_set", "slots", "leases", "version", "reads_more")
    WORKER_FIELD_NUMBER: _ClassVar[int]
    PIPELINES_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTOR_SET_FIELD_NUMBER: _ClassVar[int]
    SLOTS_FIELD_NUMBER: _ClassVar[int]
    LEASES_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    READS_MORE_FIELD_NUMBER: _ClassVar[int]
    worker: str
    pipelines: _containers.RepeatedCompositeFieldContainer[_pipeline_pb2.Pipeline]
    descriptor_set: bytes
    slots: int
    leases: _containers.RepeatedCompositeFieldContainer[Lease]
    version: str
    reads_more: bool
    def __init__(self, worker: _Optional[str] = ..., pipelines: _Optional[_Iterable[_Union[_pipeline_pb2.Pipeline, _Mapping]]] = ..., descriptor_set: _Optional[bytes] = ..., slots: _Optional[int] = ..., leases: _Optional[_Iterable[_Union[Lease, _Mapping]]] = ..., version: _Optional[str] = ..., reads_more: _Optional[bool] = ...) -> None: ...

class WorkerPipelines(_message.Message):
    __slots__ = ("pipelines", "descriptor_set")
    PIPELINES_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTOR_SET_FIELD_NUMBER: _ClassVar[int]
    pipelines: _containers.RepeatedCompositeFieldContainer[_pipeline_pb2.Pipeline]
    descriptor_set: bytes
    def __init__(self, pipelines: _Optional[_Iterable[_Union[_pipeline_pb2.Pipeline, _Mapping]]] = ..., descriptor_set: _Optional[bytes] = ...) -> None: ...

class Lease(_message.Message):
    __slots__ = ("task", "attempt", "token")
    TASK_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    task: str
    attempt: int
    token: str
    def __init__(self, task: _Optional[str] = ..., attempt: _Optional[int] = ..., token: _Optional[str] = ...) -> None: ...

class WorkerHeartbeat(_message.Message):
    __slots__ = ("leases", "free_slots", "draining")
    LEASES_FIELD_NUMBER: _ClassVar[int]
    FREE_SLOTS_FIELD_NUMBER: _ClassVar[int]
    DRAINING_FIELD_NUMBER: _ClassVar[int]
    leases: _containers.RepeatedCompositeFieldContainer[Lease]
    free_slots: int
    draining: bool
    def __init__(self, leases: _Optional[_Iterable[_Union[Lease, _Mapping]]] = ..., free_slots: _Optional[int] = ..., draining: _Optional[bool] = ...) -> None: ...

class WorkerProgress(_message.Message):
    __slots__ = ("lease", "progress")
    LEASE_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    lease: Lease
    progress: _task_pb2.TaskProgress
    def __init__(self, lease: _Optional[_Union[Lease, _Mapping]] = ..., progress: _Optional[_Union[_task_pb2.TaskProgress, _Mapping]] = ...) -> None: ...

class WorkerOutcome(_message.Message):
    __slots__ = ("lease", "artifacts", "result", "error", "cancelled", "released", "stage_finished", "answer_refused", "run_time")
    LEASE_FIELD_NUMBER: _ClassVar[int]
    ARTIFACTS_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    CANCELLED_FIELD_NUMBER: _ClassVar[int]
    RELEASED_FIELD_NUMBER: _ClassVar[int]
    STAGE_FINISHED_FIELD_NUMBER: _ClassVar[int]
    ANSWER_REFUSED_FIELD_NUMBER: _ClassVar[int]
    RUN_TIME_FIELD_NUMBER: _ClassVar[int]
    lease: Lease
    artifacts: _containers.RepeatedCompositeFieldContainer[_task_pb2.Artifact]
    result: _any_pb2.Any
    error: _task_pb2.TaskError
    cancelled: AttemptCancelled
    released: AttemptReleased
    stage_finished: StageFinished
    answer_refused: AnswerRefused
    run_time: _duration_pb2.Duration
    def __init__(self, lease: _Optional[_Union[Lease, _Mapping]] = ..., artifacts: _Optional[_Iterable[_Union[_task_pb2.Artifact, _Mapping]]] = ..., result: _Optional[_Union[_any_pb2.Any, _Mapping]] = ..., error: _Optional[_Union[_task_pb2.TaskError, _Mapping]] = ..., cancelled: _Optional[_Union[AttemptCancelled, _Mapping]] = ..., released: _Optional[_Union[AttemptReleased, _Mapping]] = ..., stage_finished: _Optional[_Union[StageFinished, _Mapping]] = ..., answer_refused: _Optional[_Union[AnswerRefused, _Mapping]] = ..., run_time: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class StageFinished(_message.Message):
    __slots__ = ("stage_result",)
    STAGE_RESULT_FIELD_NUMBER: _ClassVar[int]
    stage_result: _any_pb2.Any
    def __init__(self, stage_result: _Optional[_Union[_any_pb2.Any, _Mapping]] = ...) -> None: ...

class AnswerRefused(_message.Message):
    __slots__ = ("error",)
    ERROR_FIELD_NUMBER: _ClassVar[int]
    error: _task_pb2.TaskError
    def __init__(self, error: _Optional[_Union[_task_pb2.TaskError, _Mapping]] = ...) -> None: ...

class AttemptCancelled(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class AttemptReleased(_message.Message):
    __slots__ = ("reason",)
    REASON_FIELD_NUMBER: _ClassVar[int]
    reason: str
    def __init__(self, reason: _Optional[str] = ...) -> None: ...

class WorkerInspection(_message.Message):
    __slots__ = ("inspect_id", "running", "held")
    INSPECT_ID_FIELD_NUMBER: _ClassVar[int]
    RUNNING_FIELD_NUMBER: _ClassVar[int]
    HELD_FIELD_NUMBER: _ClassVar[int]
    inspect_id: int
    running: _containers.RepeatedCompositeFieldContainer[Lease]
    held: _containers.RepeatedCompositeFieldContainer[Lease]
    def __init__(self, inspect_id: _Optional[int] = ..., running: _Optional[_Iterable[_Union[Lease, _Mapping]]] = ..., held: _Optional[_Iterable[_Union[Lease, _Mapping]]] = ...) -> None: ...

class WorkResponse(_message.Message):
    __slots__ = ("welcome", "assignment", "acknowledgement", "cancel", "inspect", "drop_lease", "drain", "more")
    WELCOME_FIELD_NUMBER: _ClassVar[int]
    ASSIGNMENT_FIELD_NUMBER: _ClassVar[int]
    ACKNOWLEDGEMENT_FIELD_NUMBER: _ClassVar[int]
    CANCEL_FIELD_NUMBER: _ClassVar[int]
    INSPECT_FIELD_NUMBER: _ClassVar[int]
    DROP_LEASE_FIELD_NUMBER: _ClassVar[int]
    DRAIN_FIELD_NUMBER: _ClassVar[int]
    MORE_FIELD_NUMBER: _ClassVar[int]
    welcome: WorkerWelcome
    assignment: Assignment
    acknowledgement: LeaseAcknowledgement
    cancel: CancelAttempt
    inspect: InspectWorker
    drop_lease: DropLease
    drain: DrainWorker
    more: _containers.RepeatedCompositeFieldContainer[WorkResponse]
    def __init__(self, welcome: _Optional[_Union[WorkerWelcome, _Mapping]] = ..., assignment: _Optional[_Union[Assignment, _Mapping]] = ..., acknowledgement: _Optional[_Union[LeaseAcknowledgement, _Mapping]] = ..., cancel: _Optional[_Union[CancelAttempt, _Mapping]] = ..., inspect: _Optional[_Union[InspectWorker, _Mapping]] = ..., drop_lease: _Optional[_Union[DropLease, _Mapping]] = ..., drain: _Optional[_Union[DrainWorker, _Mapping]] = ..., more: _Optional[_Iterable[_Union[WorkResponse, _Mapping]]] = ...) -> None: ...

class WorkerWelcome(_message.Message):
    __slots__ = ("session", "heartbeat_interval", "lease_duration", "reads_more")
    SESSION_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    LEASE_DURATION_FIELD_NUMBER: _ClassVar[int]
    READS_MORE_FIELD_NUMBER: _ClassVar[int]
    session: int
    heartbeat_interval: _duration_pb2.Duration
    lease_duration: _duration_pb2.Duration
    reads_more: bool
    def __init__(self, session: _Optional[int] = ..., heartbeat_interval: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., lease_duration: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., reads_more: _Optional[bool] = ...) -> None: ...

class Assignment(_message.Message):
    __slots__ = ("lease", "pipeline", "images", "parameters", "weights", "weights_digest", "attempt_timeout", "traceparent", "stage", "accepted_stage", "progress_timeout")
    LEASE_FIELD_NUMBER: _ClassVar[int]
    PIPELINE_FIELD_NUMBER: _ClassVar[int]
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_DIGEST_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    TRACEPARENT_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_STAGE_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    lease: Lease
    pipeline: str
    images: _containers.RepeatedCompositeFieldContainer[AssignedImage]
    parameters: _struct_pb2.Struct
    weights: str
    weights_digest: str
    attempt_timeout: _duration_pb2.Duration
    traceparent: str
    stage: int
    accepted_stage: AcceptedStage
    progress_timeout: _duration_pb2.Duration
    def __init__(self, lease: _Optional[_Union[Lease, _Mapping]] = ..., pipeline: _Optional[str] = ..., images: _Optional[_Iterable[_Union[AssignedImage, _Mapping]]] = ..., parameters: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., weights: _Optional[str] = ..., weights_digest: _Optional[str] = ..., attempt_timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., traceparent: _Optional[str] = ..., stage: _Optional[int] = ..., accepted_stage: _Optional[_Union[AcceptedStage, _Mapping]] = ..., progress_timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class AcceptedStage(_message.Message):
    __slots__ = ("stage_result", "artifacts", "replacements")
    STAGE_RESULT_FIELD_NUMBER: _ClassVar[int]
    ARTIFACTS_FIELD_NUMBER: _ClassVar[int]
    REPLACEMENTS_FIELD_NUMBER: _ClassVar[int]
    stage_result: _any_pb2.Any
    artifacts: _containers.RepeatedCompositeFieldContainer[_task_pb2.Artifact]
    replacements: _containers.RepeatedCompositeFieldContainer[AcceptedReplacement]
    def __init__(self, stage_result: _Optional[_Union[_any_pb2.Any, _Mapping]] = ..., artifacts: _Optional[_Iterable[_Union[_task_pb2.Artifact, _Mapping]]] = ..., replacements: _Optional[_Iterable[_Union[AcceptedReplacement, _Mapping]]] = ...) -> None: ...

class AcceptedReplacement(_message.Message):
    __slots__ = ("artifact", "image")
    ARTIFACT_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    artifact: str
    image: AssignedImage
    def __init__(self, artifact: _Optional[str] = ..., image: _Optional[_Union[AssignedImage, _Mapping]] = ...) -> None: ...

class AssignedImage(_message.Message):
    __slots__ = ("name", "size_bytes", "media_type")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    name: str
    size_bytes: int
    media_type: str
    def __init__(self, name: _Optional[str] = ..., size_bytes: _Optional[int] = ..., media_type: _Optional[str] = ...) -> None: ...

class LeaseAcknowledgement(_message.Message):
    __slots__ = ("lease", "standing", "final")
    LEASE_FIELD_NUMBER: _ClassVar[int]
    STANDING_FIELD_NUMBER: _ClassVar[int]
    FINAL_FIELD_NUMBER: _ClassVar[int]
    lease: Lease
    standing: LeaseStanding
    final: bool
    def __init__(self, lease: _Optional[_Union[Lease, _Mapping]] = ..., standing: _Optional[_Union[LeaseStanding, str]] = ..., final: _Optional[bool] = ...) -> None: ...

class CancelAttempt(_message.Message):
    __slots__ = ("lease",)
    LEASE_FIELD_NUMBER: _ClassVar[int]
    lease: Lease
    def __init__(self, lease: _Optional[_Union[Lease, _Mapping]] = ...) -> None: ...

class InspectWorker(_message.Message):
    __slots__ = ("inspect_id",)
    INSPECT_ID_FIELD_NUMBER: _ClassVar[int]
    inspect_id: int
    def __init__(self, inspect_id: _Optional[int] = ...) -> None: ...

class DropLease(_message.Message):
    __slots__ = ("lease",)
    LEASE_FIELD_NUMBER: _ClassVar[int]
    lease: Lease
    def __init__(self, lease: _Optional[_Union[Lease, _Mapping]] = ...) -> None: ...

class DrainWorker(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
