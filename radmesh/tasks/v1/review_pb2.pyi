import datetime

from google.protobuf import any_pb2 as _any_pb2
from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ReviewDecision(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REVIEW_DECISION_UNSPECIFIED: _ClassVar[ReviewDecision]
    REVIEW_DECISION_ACCEPTED: _ClassVar[ReviewDecision]
    REVIEW_DECISION_REJECTED: _ClassVar[ReviewDecision]
    REVIEW_DECISION_EXPIRED: _ClassVar[ReviewDecision]
REVIEW_DECISION_UNSPECIFIED: ReviewDecision
REVIEW_DECISION_ACCEPTED: ReviewDecision
REVIEW_DECISION_REJECTED: ReviewDecision
REVIEW_DECISION_EXPIRED: ReviewDecision

class TaskReview(_message.Message):
    __slots__ = ("stage", "sequence", "open_time", "expire_time", "decision", "reviewer", "decide_time", "reason", "replacements", "attempt", "parameters", "refused_answer", "stage_result")
    STAGE_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    OPEN_TIME_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    REVIEWER_FIELD_NUMBER: _ClassVar[int]
    DECIDE_TIME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REPLACEMENTS_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    REFUSED_ANSWER_FIELD_NUMBER: _ClassVar[int]
    STAGE_RESULT_FIELD_NUMBER: _ClassVar[int]
    stage: int
    sequence: int
    open_time: _timestamp_pb2.Timestamp
    expire_time: _timestamp_pb2.Timestamp
    decision: ReviewDecision
    reviewer: str
    decide_time: _timestamp_pb2.Timestamp
    reason: str
    replacements: _containers.RepeatedCompositeFieldContainer[ArtifactReplacement]
    attempt: int
    parameters: _struct_pb2.Struct
    refused_answer: RefusedAnswer
    stage_result: _any_pb2.Any
    def __init__(self, stage: _Optional[int] = ..., sequence: _Optional[int] = ..., open_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., decision: _Optional[_Union[ReviewDecision, str]] = ..., reviewer: _Optional[str] = ..., decide_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., reason: _Optional[str] = ..., replacements: _Optional[_Iterable[_Union[ArtifactReplacement, _Mapping]]] = ..., attempt: _Optional[int] = ..., parameters: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., refused_answer: _Optional[_Union[RefusedAnswer, _Mapping]] = ..., stage_result: _Optional[_Union[_any_pb2.Any, _Mapping]] = ...) -> None: ...

class RefusedAnswer(_message.Message):
    __slots__ = ("reason", "message", "metadata")
    class MetadataEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    reason: str
    message: str
    metadata: _containers.ScalarMap[str, str]
    def __init__(self, reason: _Optional[str] = ..., message: _Optional[str] = ..., metadata: _Optional[_Mapping[str, str]] = ...) -> None: ...

class ArtifactReplacement(_message.Message):
    __slots__ = ("artifact", "image")
    ARTIFACT_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    artifact: str
    image: str
    def __init__(self, artifact: _Optional[str] = ..., image: _Optional[str] = ...) -> None: ...
