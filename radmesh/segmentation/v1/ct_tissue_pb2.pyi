from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CtSliceMeasurement(_message.Message):
    __slots__ = ("slice", "instance_number", "z_mm", "height_mm", "tissues", "muscle_compartment", "psoas_compartment")
    SLICE_FIELD_NUMBER: _ClassVar[int]
    INSTANCE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    Z_MM_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_MM_FIELD_NUMBER: _ClassVar[int]
    TISSUES_FIELD_NUMBER: _ClassVar[int]
    MUSCLE_COMPARTMENT_FIELD_NUMBER: _ClassVar[int]
    PSOAS_COMPARTMENT_FIELD_NUMBER: _ClassVar[int]
    slice: int
    instance_number: int
    z_mm: float
    height_mm: float
    tissues: CtTissues
    muscle_compartment: CtFigures
    psoas_compartment: CtFigures
    def __init__(self, slice: _Optional[int] = ..., instance_number: _Optional[int] = ..., z_mm: _Optional[float] = ..., height_mm: _Optional[float] = ..., tissues: _Optional[_Union[CtTissues, _Mapping]] = ..., muscle_compartment: _Optional[_Union[CtFigures, _Mapping]] = ..., psoas_compartment: _Optional[_Union[CtFigures, _Mapping]] = ...) -> None: ...

class CtTissues(_message.Message):
    __slots__ = ("skeletal_muscle", "psoas", "subcutaneous_fat", "visceral_fat", "intermuscular_fat")
    SKELETAL_MUSCLE_FIELD_NUMBER: _ClassVar[int]
    PSOAS_FIELD_NUMBER: _ClassVar[int]
    SUBCUTANEOUS_FAT_FIELD_NUMBER: _ClassVar[int]
    VISCERAL_FAT_FIELD_NUMBER: _ClassVar[int]
    INTERMUSCULAR_FAT_FIELD_NUMBER: _ClassVar[int]
    skeletal_muscle: CtFigures
    psoas: CtFigures
    subcutaneous_fat: CtFigures
    visceral_fat: CtFigures
    intermuscular_fat: CtFigures
    def __init__(self, skeletal_muscle: _Optional[_Union[CtFigures, _Mapping]] = ..., psoas: _Optional[_Union[CtFigures, _Mapping]] = ..., subcutaneous_fat: _Optional[_Union[CtFigures, _Mapping]] = ..., visceral_fat: _Optional[_Union[CtFigures, _Mapping]] = ..., intermuscular_fat: _Optional[_Union[CtFigures, _Mapping]] = ...) -> None: ...

class CtFigures(_message.Message):
    __slots__ = ("area_mm2", "pixels", "mean_hu", "sd_hu", "min_hu", "max_hu", "lower_bound")
    AREA_MM2_FIELD_NUMBER: _ClassVar[int]
    PIXELS_FIELD_NUMBER: _ClassVar[int]
    MEAN_HU_FIELD_NUMBER: _ClassVar[int]
    SD_HU_FIELD_NUMBER: _ClassVar[int]
    MIN_HU_FIELD_NUMBER: _ClassVar[int]
    MAX_HU_FIELD_NUMBER: _ClassVar[int]
    LOWER_BOUND_FIELD_NUMBER: _ClassVar[int]
    area_mm2: float
    pixels: int
    mean_hu: float
    sd_hu: float
    min_hu: int
    max_hu: int
    lower_bound: bool
    def __init__(self, area_mm2: _Optional[float] = ..., pixels: _Optional[int] = ..., mean_hu: _Optional[float] = ..., sd_hu: _Optional[float] = ..., min_hu: _Optional[int] = ..., max_hu: _Optional[int] = ..., lower_bound: _Optional[bool] = ...) -> None: ...

class CtVolumes(_message.Message):
    __slots__ = ("skeletal_muscle", "psoas", "subcutaneous_fat", "visceral_fat", "intermuscular_fat")
    SKELETAL_MUSCLE_FIELD_NUMBER: _ClassVar[int]
    PSOAS_FIELD_NUMBER: _ClassVar[int]
    SUBCUTANEOUS_FAT_FIELD_NUMBER: _ClassVar[int]
    VISCERAL_FAT_FIELD_NUMBER: _ClassVar[int]
    INTERMUSCULAR_FAT_FIELD_NUMBER: _ClassVar[int]
    skeletal_muscle: CtVolume
    psoas: CtVolume
    subcutaneous_fat: CtVolume
    visceral_fat: CtVolume
    intermuscular_fat: CtVolume
    def __init__(self, skeletal_muscle: _Optional[_Union[CtVolume, _Mapping]] = ..., psoas: _Optional[_Union[CtVolume, _Mapping]] = ..., subcutaneous_fat: _Optional[_Union[CtVolume, _Mapping]] = ..., visceral_fat: _Optional[_Union[CtVolume, _Mapping]] = ..., intermuscular_fat: _Optional[_Union[CtVolume, _Mapping]] = ...) -> None: ...

class CtVolume(_message.Message):
    __slots__ = ("volume_cm3", "mean_hu")
    VOLUME_CM3_FIELD_NUMBER: _ClassVar[int]
    MEAN_HU_FIELD_NUMBER: _ClassVar[int]
    volume_cm3: float
    mean_hu: float
    def __init__(self, volume_cm3: _Optional[float] = ..., mean_hu: _Optional[float] = ...) -> None: ...

class CtIndices(_message.Message):
    __slots__ = ("skeletal_muscle_cm2_m2", "psoas_cm2_m2", "subcutaneous_fat_cm2_m2", "visceral_fat_cm2_m2", "intermuscular_fat_cm2_m2")
    SKELETAL_MUSCLE_CM2_M2_FIELD_NUMBER: _ClassVar[int]
    PSOAS_CM2_M2_FIELD_NUMBER: _ClassVar[int]
    SUBCUTANEOUS_FAT_CM2_M2_FIELD_NUMBER: _ClassVar[int]
    VISCERAL_FAT_CM2_M2_FIELD_NUMBER: _ClassVar[int]
    INTERMUSCULAR_FAT_CM2_M2_FIELD_NUMBER: _ClassVar[int]
    skeletal_muscle_cm2_m2: float
    psoas_cm2_m2: float
    subcutaneous_fat_cm2_m2: float
    visceral_fat_cm2_m2: float
    intermuscular_fat_cm2_m2: float
    def __init__(self, skeletal_muscle_cm2_m2: _Optional[float] = ..., psoas_cm2_m2: _Optional[float] = ..., subcutaneous_fat_cm2_m2: _Optional[float] = ..., visceral_fat_cm2_m2: _Optional[float] = ..., intermuscular_fat_cm2_m2: _Optional[float] = ...) -> None: ...
