import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import struct_pb2 as _struct_pb2
from radmesh.models.v1 import model_pb2 as _model_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PipelineParameterType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PIPELINE_PARAMETER_TYPE_UNSPECIFIED: _ClassVar[PipelineParameterType]
    PIPELINE_PARAMETER_TYPE_NUMBER: _ClassVar[PipelineParameterType]
    PIPELINE_PARAMETER_TYPE_INTEGER: _ClassVar[PipelineParameterType]
    PIPELINE_PARAMETER_TYPE_BOOLEAN: _ClassVar[PipelineParameterType]
    PIPELINE_PARAMETER_TYPE_STRING: _ClassVar[PipelineParameterType]
    PIPELINE_PARAMETER_TYPE_IMAGE: _ClassVar[PipelineParameterType]
PIPELINE_PARAMETER_TYPE_UNSPECIFIED: PipelineParameterType
PIPELINE_PARAMETER_TYPE_NUMBER: PipelineParameterType
PIPELINE_PARAMETER_TYPE_INTEGER: PipelineParameterType
PIPELINE_PARAMETER_TYPE_BOOLEAN: PipelineParameterType
PIPELINE_PARAMETER_TYPE_STRING: PipelineParameterType
PIPELINE_PARAMETER_TYPE_IMAGE: PipelineParameterType

class Pipeline(_message.Message):
    __slots__ = ("name", "title", "description", "input", "parameters", "artifacts", "result_type", "models", "demonstrator", "attempt_timeout", "queue_timeout", "max_attempts", "connected_workers", "heartbeat_timeout", "progress_timeout", "review_timeout", "paused", "pause_reason", "operators_only", "weights_required", "one_task_per_study", "deletes_model")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    INPUT_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    ARTIFACTS_FIELD_NUMBER: _ClassVar[int]
    RESULT_TYPE_FIELD_NUMBER: _ClassVar[int]
    MODELS_FIELD_NUMBER: _ClassVar[int]
    DEMONSTRATOR_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    QUEUE_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    MAX_ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    CONNECTED_WORKERS_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    REVIEW_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    PAUSED_FIELD_NUMBER: _ClassVar[int]
    PAUSE_REASON_FIELD_NUMBER: _ClassVar[int]
    OPERATORS_ONLY_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_REQUIRED_FIELD_NUMBER: _ClassVar[int]
    ONE_TASK_PER_STUDY_FIELD_NUMBER: _ClassVar[int]
    DELETES_MODEL_FIELD_NUMBER: _ClassVar[int]
    name: str
    title: str
    description: str
    input: PipelineInput
    parameters: _containers.RepeatedCompositeFieldContainer[PipelineParameter]
    artifacts: _containers.RepeatedCompositeFieldContainer[PipelineArtifact]
    result_type: str
    models: _containers.RepeatedCompositeFieldContainer[_model_pb2.Model]
    demonstrator: bool
    attempt_timeout: _duration_pb2.Duration
    queue_timeout: _duration_pb2.Duration
    max_attempts: int
    connected_workers: int
    heartbeat_timeout: _duration_pb2.Duration
    progress_timeout: _duration_pb2.Duration
    review_timeout: _duration_pb2.Duration
    paused: bool
    pause_reason: str
    operators_only: bool
    weights_required: bool
    one_task_per_study: bool
    deletes_model: bool
    def __init__(self, name: _Optional[str] = ..., title: _Optional[str] = ..., description: _Optional[str] = ..., input: _Optional[_Union[PipelineInput, _Mapping]] = ..., parameters: _Optional[_Iterable[_Union[PipelineParameter, _Mapping]]] = ..., artifacts: _Optional[_Iterable[_Union[PipelineArtifact, _Mapping]]] = ..., result_type: _Optional[str] = ..., models: _Optional[_Iterable[_Union[_model_pb2.Model, _Mapping]]] = ..., demonstrator: _Optional[bool] = ..., attempt_timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., queue_timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., max_attempts: _Optional[int] = ..., connected_workers: _Optional[int] = ..., heartbeat_timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., progress_timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., review_timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., paused: _Optional[bool] = ..., pause_reason: _Optional[str] = ..., operators_only: _Optional[bool] = ..., weights_required: _Optional[bool] = ..., one_task_per_study: _Optional[bool] = ..., deletes_model: _Optional[bool] = ...) -> None: ...

class PipelineInput(_message.Message):
    __slots__ = ("media_types", "file_extensions", "min_images", "max_images", "max_image_bytes", "max_image_pixels", "min_image_side", "accepts_series")
    MEDIA_TYPES_FIELD_NUMBER: _ClassVar[int]
    FILE_EXTENSIONS_FIELD_NUMBER: _ClassVar[int]
    MIN_IMAGES_FIELD_NUMBER: _ClassVar[int]
    MAX_IMAGES_FIELD_NUMBER: _ClassVar[int]
    MAX_IMAGE_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_IMAGE_PIXELS_FIELD_NUMBER: _ClassVar[int]
    MIN_IMAGE_SIDE_FIELD_NUMBER: _ClassVar[int]
    ACCEPTS_SERIES_FIELD_NUMBER: _ClassVar[int]
    media_types: _containers.RepeatedScalarFieldContainer[str]
    file_extensions: _containers.RepeatedScalarFieldContainer[str]
    min_images: int
    max_images: int
    max_image_bytes: int
    max_image_pixels: int
    min_image_side: int
    accepts_series: bool
    def __init__(self, media_types: _Optional[_Iterable[str]] = ..., file_extensions: _Optional[_Iterable[str]] = ..., min_images: _Optional[int] = ..., max_images: _Optional[int] = ..., max_image_bytes: _Optional[int] = ..., max_image_pixels: _Optional[int] = ..., min_image_side: _Optional[int] = ..., accepts_series: _Optional[bool] = ...) -> None: ...

class PipelineParameter(_message.Message):
    __slots__ = ("name", "description", "type", "default_value", "min_value", "max_value", "allowed_values", "unit", "media_types", "reviewable", "pattern")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_VALUE_FIELD_NUMBER: _ClassVar[int]
    MIN_VALUE_FIELD_NUMBER: _ClassVar[int]
    MAX_VALUE_FIELD_NUMBER: _ClassVar[int]
    ALLOWED_VALUES_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPES_FIELD_NUMBER: _ClassVar[int]
    REVIEWABLE_FIELD_NUMBER: _ClassVar[int]
    PATTERN_FIELD_NUMBER: _ClassVar[int]
    name: str
    description: str
    type: PipelineParameterType
    default_value: _struct_pb2.Value
    min_value: float
    max_value: float
    allowed_values: _containers.RepeatedScalarFieldContainer[str]
    unit: str
    media_types: _containers.RepeatedScalarFieldContainer[str]
    reviewable: bool
    pattern: str
    def __init__(self, name: _Optional[str] = ..., description: _Optional[str] = ..., type: _Optional[_Union[PipelineParameterType, str]] = ..., default_value: _Optional[_Union[_struct_pb2.Value, _Mapping]] = ..., min_value: _Optional[float] = ..., max_value: _Optional[float] = ..., allowed_values: _Optional[_Iterable[str]] = ..., unit: _Optional[str] = ..., media_types: _Optional[_Iterable[str]] = ..., reviewable: _Optional[bool] = ..., pattern: _Optional[str] = ...) -> None: ...

class PipelineArtifact(_message.Message):
    __slots__ = ("file_name", "media_type", "description", "replacement_media_types")
    FILE_NAME_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    REPLACEMENT_MEDIA_TYPES_FIELD_NUMBER: _ClassVar[int]
    file_name: str
    media_type: str
    description: str
    replacement_media_types: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, file_name: _Optional[str] = ..., media_type: _Optional[str] = ..., description: _Optional[str] = ..., replacement_media_types: _Optional[_Iterable[str]] = ...) -> None: ...
