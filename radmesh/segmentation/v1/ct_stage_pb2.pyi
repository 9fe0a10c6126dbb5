from radmesh.segmentation.v1 import ct_l3_pb2 as _ct_l3_pb2
from radmesh.segmentation.v1 import ct_location_pb2 as _ct_location_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CtL3Stage(_message.Message):
    __slots__ = ("location", "plane", "curve", "model", "inference_seconds")
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    PLANE_FIELD_NUMBER: _ClassVar[int]
    CURVE_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    INFERENCE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    location: _ct_location_pb2.L3Location
    plane: CtSagittalPlane
    curve: CtSpineCurve
    model: _ct_l3_pb2.CtModel
    inference_seconds: float
    def __init__(self, location: _Optional[_Union[_ct_location_pb2.L3Location, _Mapping]] = ..., plane: _Optional[_Union[CtSagittalPlane, _Mapping]] = ..., curve: _Optional[_Union[CtSpineCurve, _Mapping]] = ..., model: _Optional[_Union[_ct_l3_pb2.CtModel, _Mapping]] = ..., inference_seconds: _Optional[float] = ...) -> None: ...

class CtSagittalPlane(_message.Message):
    __slots__ = ("top", "front", "rows", "columns")
    TOP_FIELD_NUMBER: _ClassVar[int]
    FRONT_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    top: int
    front: int
    rows: int
    columns: int
    def __init__(self, top: _Optional[int] = ..., front: _Optional[int] = ..., rows: _Optional[int] = ..., columns: _Optional[int] = ...) -> None: ...

class CtSpineCurve(_message.Message):
    __slots__ = ("heights_mm", "sides_mm", "depths_mm", "trust")
    HEIGHTS_MM_FIELD_NUMBER: _ClassVar[int]
    SIDES_MM_FIELD_NUMBER: _ClassVar[int]
    DEPTHS_MM_FIELD_NUMBER: _ClassVar[int]
    TRUST_FIELD_NUMBER: _ClassVar[int]
    heights_mm: _containers.RepeatedScalarFieldContainer[float]
    sides_mm: _containers.RepeatedScalarFieldContainer[float]
    depths_mm: _containers.RepeatedScalarFieldContainer[float]
    trust: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, heights_mm: _Optional[_Iterable[float]] = ..., sides_mm: _Optional[_Iterable[float]] = ..., depths_mm: _Optional[_Iterable[float]] = ..., trust: _Optional[_Iterable[float]] = ...) -> None: ...
