from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class L3LocationSource(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    L3_LOCATION_SOURCE_UNSPECIFIED: _ClassVar[L3LocationSource]
    L3_LOCATION_SOURCE_MODEL: _ClassVar[L3LocationSource]
    L3_LOCATION_SOURCE_MASK: _ClassVar[L3LocationSource]
    L3_LOCATION_SOURCE_SLICES: _ClassVar[L3LocationSource]
L3_LOCATION_SOURCE_UNSPECIFIED: L3LocationSource
L3_LOCATION_SOURCE_MODEL: L3LocationSource
L3_LOCATION_SOURCE_MASK: L3LocationSource
L3_LOCATION_SOURCE_SLICES: L3LocationSource

class L3Location(_message.Message):
    __slots__ = ("source", "level_mm", "low_mm", "high_mm", "centre_x_mm", "centre_y_mm", "first_slice", "last_slice", "first_instance_number", "last_instance_number", "middle_slice", "middle_instance_number", "confidence", "doubts", "sacrum_in_view", "last_rib_in_view")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    LEVEL_MM_FIELD_NUMBER: _ClassVar[int]
    LOW_MM_FIELD_NUMBER: _ClassVar[int]
    HIGH_MM_FIELD_NUMBER: _ClassVar[int]
    CENTRE_X_MM_FIELD_NUMBER: _ClassVar[int]
    CENTRE_Y_MM_FIELD_NUMBER: _ClassVar[int]
    FIRST_SLICE_FIELD_NUMBER: _ClassVar[int]
    LAST_SLICE_FIELD_NUMBER: _ClassVar[int]
    FIRST_INSTANCE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    LAST_INSTANCE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    MIDDLE_SLICE_FIELD_NUMBER: _ClassVar[int]
    MIDDLE_INSTANCE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    DOUBTS_FIELD_NUMBER: _ClassVar[int]
    SACRUM_IN_VIEW_FIELD_NUMBER: _ClassVar[int]
    LAST_RIB_IN_VIEW_FIELD_NUMBER: _ClassVar[int]
    source: L3LocationSource
    level_mm: float
    low_mm: float
    high_mm: float
    centre_x_mm: float
    centre_y_mm: float
    first_slice: int
    last_slice: int
    first_instance_number: int
    last_instance_number: int
    middle_slice: int
    middle_instance_number: int
    confidence: float
    doubts: _containers.RepeatedCompositeFieldContainer[CtWarning]
    sacrum_in_view: bool
    last_rib_in_view: bool
    def __init__(self, source: _Optional[_Union[L3LocationSource, str]] = ..., level_mm: _Optional[float] = ..., low_mm: _Optional[float] = ..., high_mm: _Optional[float] = ..., centre_x_mm: _Optional[float] = ..., centre_y_mm: _Optional[float] = ..., first_slice: _Optional[int] = ..., last_slice: _Optional[int] = ..., first_instance_number: _Optional[int] = ..., last_instance_number: _Optional[int] = ..., middle_slice: _Optional[int] = ..., middle_instance_number: _Optional[int] = ..., confidence: _Optional[float] = ..., doubts: _Optional[_Iterable[_Union[CtWarning, _Mapping]]] = ..., sacrum_in_view: _Optional[bool] = ..., last_rib_in_view: _Optional[bool] = ...) -> None: ...

class CtWarning(_message.Message):
    __slots__ = ("kind", "message", "numbers")
    class NumbersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    KIND_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    NUMBERS_FIELD_NUMBER: _ClassVar[int]
    kind: str
    message: str
    numbers: _containers.ScalarMap[str, float]
    def __init__(self, kind: _Optional[str] = ..., message: _Optional[str] = ..., numbers: _Optional[_Mapping[str, float]] = ...) -> None: ...
