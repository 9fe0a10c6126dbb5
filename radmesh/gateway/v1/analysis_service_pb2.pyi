import datetime

from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from radmesh.blobs.v1 import image_pb2 as _image_pb2
from radmesh.tasks.v1 import task_pb2 as _task_pb2
from radmesh.tasks.v1 import timeouts_pb2 as _timeouts_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AnalyzeRequest(_message.Message):
    __slots__ = ("header", "chunk")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    header: AnalyzeHeader
    chunk: bytes
    def __init__(self, header: _Optional[_Union[AnalyzeHeader, _Mapping]] = ..., chunk: _Optional[bytes] = ...) -> None: ...

class AnalyzeHeader(_message.Message):
    __slots__ = ("request_id", "pipeline", "size_bytes", "sha256", "file_extension", "parameters", "labels", "weights", "include_artifacts", "priority", "not_before_time", "dedupe_key", "timeouts", "callback_url")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PIPELINE_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    FILE_EXTENSION_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_ARTIFACTS_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    NOT_BEFORE_TIME_FIELD_NUMBER: _ClassVar[int]
    DEDUPE_KEY_FIELD_NUMBER: _ClassVar[int]
    TIMEOUTS_FIELD_NUMBER: _ClassVar[int]
    CALLBACK_URL_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    pipeline: str
    size_bytes: int
    sha256: str
    file_extension: str
    parameters: _struct_pb2.Struct
    labels: _containers.ScalarMap[str, str]
    weights: str
    include_artifacts: bool
    priority: _task_pb2.TaskPriority
    not_before_time: _timestamp_pb2.Timestamp
    dedupe_key: str
    timeouts: _timeouts_pb2.TaskTimeouts
    callback_url: str
    def __init__(self, request_id: _Optional[str] = ..., pipeline: _Optional[str] = ..., size_bytes: _Optional[int] = ..., sha256: _Optional[str] = ..., file_extension: _Optional[str] = ..., parameters: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., labels: _Optional[_Mapping[str, str]] = ..., weights: _Optional[str] = ..., include_artifacts: _Optional[bool] = ..., priority: _Optional[_Union[_task_pb2.TaskPriority, str]] = ..., not_before_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., dedupe_key: _Optional[str] = ..., timeouts: _Optional[_Union[_timeouts_pb2.TaskTimeouts, _Mapping]] = ..., callback_url: _Optional[str] = ...) -> None: ...

class AnalyzeResponse(_message.Message):
    __slots__ = ("image", "snapshot", "event", "progress", "bookmark", "artifact_chunk", "deduplicated")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    EVENT_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    BOOKMARK_FIELD_NUMBER: _ClassVar[int]
    ARTIFACT_CHUNK_FIELD_NUMBER: _ClassVar[int]
    DEDUPLICATED_FIELD_NUMBER: _ClassVar[int]
    image: _image_pb2.Image
    snapshot: _task_pb2.TaskSnapshot
    event: _task_pb2.TaskEvent
    progress: _task_pb2.TaskProgress
    bookmark: _task_pb2.TaskBookmark
    artifact_chunk: ArtifactChunk
    deduplicated: bool
    def __init__(self, image: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., snapshot: _Optional[_Union[_task_pb2.TaskSnapshot, _Mapping]] = ..., event: _Optional[_Union[_task_pb2.TaskEvent, _Mapping]] = ..., progress: _Optional[_Union[_task_pb2.TaskProgress, _Mapping]] = ..., bookmark: _Optional[_Union[_task_pb2.TaskBookmark, _Mapping]] = ..., artifact_chunk: _Optional[_Union[ArtifactChunk, _Mapping]] = ..., deduplicated: _Optional[bool] = ...) -> None: ...

class ArtifactChunk(_message.Message):
    __slots__ = ("name", "offset", "chunk")
    NAME_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    name: str
    offset: int
    chunk: bytes
    def __init__(self, name: _Optional[str] = ..., offset: _Optional[int] = ..., chunk: _Optional[bytes] = ...) -> None: ...
