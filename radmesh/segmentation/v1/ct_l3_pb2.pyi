from radmesh.segmentation.v1 import ct_location_pb2 as _ct_location_pb2
from radmesh.segmentation.v1 import ct_tissue_pb2 as _ct_tissue_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CtSource(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CT_SOURCE_UNSPECIFIED: _ClassVar[CtSource]
    CT_SOURCE_PARAMETER: _ClassVar[CtSource]
    CT_SOURCE_DICOM: _ClassVar[CtSource]
CT_SOURCE_UNSPECIFIED: CtSource
CT_SOURCE_PARAMETER: CtSource
CT_SOURCE_DICOM: CtSource

class CtL3Result(_message.Message):
    __slots__ = ("location", "headline", "slices", "volumes", "indices", "body", "cutoffs", "warnings", "windows", "acquisition", "models", "device", "inference_seconds", "software_version", "demonstrator")
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    HEADLINE_FIELD_NUMBER: _ClassVar[int]
    SLICES_FIELD_NUMBER: _ClassVar[int]
    VOLUMES_FIELD_NUMBER: _ClassVar[int]
    INDICES_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    CUTOFFS_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    WINDOWS_FIELD_NUMBER: _ClassVar[int]
    ACQUISITION_FIELD_NUMBER: _ClassVar[int]
    MODELS_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    INFERENCE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    SOFTWARE_VERSION_FIELD_NUMBER: _ClassVar[int]
    DEMONSTRATOR_FIELD_NUMBER: _ClassVar[int]
    location: _ct_location_pb2.L3Location
    headline: _ct_tissue_pb2.CtSliceMeasurement
    slices: _containers.RepeatedCompositeFieldContainer[_ct_tissue_pb2.CtSliceMeasurement]
    volumes: _ct_tissue_pb2.CtVolumes
    indices: _ct_tissue_pb2.CtIndices
    body: CtBody
    cutoffs: _containers.RepeatedCompositeFieldContainer[CtCutoff]
    warnings: _containers.RepeatedCompositeFieldContainer[_ct_location_pb2.CtWarning]
    windows: CtWindows
    acquisition: CtAcquisition
    models: _containers.RepeatedCompositeFieldContainer[CtModel]
    device: str
    inference_seconds: float
    software_version: str
    demonstrator: bool
    def __init__(self, location: _Optional[_Union[_ct_location_pb2.L3Location, _Mapping]] = ..., headline: _Optional[_Union[_ct_tissue_pb2.CtSliceMeasurement, _Mapping]] = ..., slices: _Optional[_Iterable[_Union[_ct_tissue_pb2.CtSliceMeasurement, _Mapping]]] = ..., volumes: _Optional[_Union[_ct_tissue_pb2.CtVolumes, _Mapping]] = ..., indices: _Optional[_Union[_ct_tissue_pb2.CtIndices, _Mapping]] = ..., body: _Optional[_Union[CtBody, _Mapping]] = ..., cutoffs: _Optional[_Iterable[_Union[CtCutoff, _Mapping]]] = ..., warnings: _Optional[_Iterable[_Union[_ct_location_pb2.CtWarning, _Mapping]]] = ..., windows: _Optional[_Union[CtWindows, _Mapping]] = ..., acquisition: _Optional[_Union[CtAcquisition, _Mapping]] = ..., models: _Optional[_Iterable[_Union[CtModel, _Mapping]]] = ..., device: _Optional[str] = ..., inference_seconds: _Optional[float] = ..., software_version: _Optional[str] = ..., demonstrator: _Optional[bool] = ...) -> None: ...

class CtBody(_message.Message):
    __slots__ = ("height_m", "height_source", "weight_kg", "weight_source", "sex", "sex_source", "bmi_kg_m2")
    HEIGHT_M_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_SOURCE_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_KG_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_SOURCE_FIELD_NUMBER: _ClassVar[int]
    SEX_FIELD_NUMBER: _ClassVar[int]
    SEX_SOURCE_FIELD_NUMBER: _ClassVar[int]
    BMI_KG_M2_FIELD_NUMBER: _ClassVar[int]
    height_m: float
    height_source: CtSource
    weight_kg: float
    weight_source: CtSource
    sex: str
    sex_source: CtSource
    bmi_kg_m2: float
    def __init__(self, height_m: _Optional[float] = ..., height_source: _Optional[_Union[CtSource, str]] = ..., weight_kg: _Optional[float] = ..., weight_source: _Optional[_Union[CtSource, str]] = ..., sex: _Optional[str] = ..., sex_source: _Optional[_Union[CtSource, str]] = ..., bmi_kg_m2: _Optional[float] = ...) -> None: ...

class CtCutoff(_message.Message):
    __slots__ = ("quantity", "value", "cutoff", "below", "citation", "doi", "people")
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    CUTOFF_FIELD_NUMBER: _ClassVar[int]
    BELOW_FIELD_NUMBER: _ClassVar[int]
    CITATION_FIELD_NUMBER: _ClassVar[int]
    DOI_FIELD_NUMBER: _ClassVar[int]
    PEOPLE_FIELD_NUMBER: _ClassVar[int]
    quantity: str
    value: float
    cutoff: float
    below: bool
    citation: str
    doi: str
    people: str
    def __init__(self, quantity: _Optional[str] = ..., value: _Optional[float] = ..., cutoff: _Optional[float] = ..., below: _Optional[bool] = ..., citation: _Optional[str] = ..., doi: _Optional[str] = ..., people: _Optional[str] = ...) -> None: ...

class CtWindows(_message.Message):
    __slots__ = ("muscle", "subcutaneous_fat", "visceral_fat", "intermuscular_fat")
    MUSCLE_FIELD_NUMBER: _ClassVar[int]
    SUBCUTANEOUS_FAT_FIELD_NUMBER: _ClassVar[int]
    VISCERAL_FAT_FIELD_NUMBER: _ClassVar[int]
    INTERMUSCULAR_FAT_FIELD_NUMBER: _ClassVar[int]
    muscle: CtWindow
    subcutaneous_fat: CtWindow
    visceral_fat: CtWindow
    intermuscular_fat: CtWindow
    def __init__(self, muscle: _Optional[_Union[CtWindow, _Mapping]] = ..., subcutaneous_fat: _Optional[_Union[CtWindow, _Mapping]] = ..., visceral_fat: _Optional[_Union[CtWindow, _Mapping]] = ..., intermuscular_fat: _Optional[_Union[CtWindow, _Mapping]] = ...) -> None: ...

class CtWindow(_message.Message):
    __slots__ = ("low_hu", "high_hu")
    LOW_HU_FIELD_NUMBER: _ClassVar[int]
    HIGH_HU_FIELD_NUMBER: _ClassVar[int]
    low_hu: int
    high_hu: int
    def __init__(self, low_hu: _Optional[int] = ..., high_hu: _Optional[int] = ...) -> None: ...

class CtAcquisition(_message.Message):
    __slots__ = ("contrast_agent", "tube_kvp", "kernel", "thickness_mm", "slice_step_mm", "row_spacing_mm", "column_spacing_mm", "slices", "rows", "columns")
    CONTRAST_AGENT_FIELD_NUMBER: _ClassVar[int]
    TUBE_KVP_FIELD_NUMBER: _ClassVar[int]
    KERNEL_FIELD_NUMBER: _ClassVar[int]
    THICKNESS_MM_FIELD_NUMBER: _ClassVar[int]
    SLICE_STEP_MM_FIELD_NUMBER: _ClassVar[int]
    ROW_SPACING_MM_FIELD_NUMBER: _ClassVar[int]
    COLUMN_SPACING_MM_FIELD_NUMBER: _ClassVar[int]
    SLICES_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    contrast_agent: str
    tube_kvp: float
    kernel: str
    thickness_mm: float
    slice_step_mm: float
    row_spacing_mm: float
    column_spacing_mm: float
    slices: int
    rows: int
    columns: int
    def __init__(self, contrast_agent: _Optional[str] = ..., tube_kvp: _Optional[float] = ..., kernel: _Optional[str] = ..., thickness_mm: _Optional[float] = ..., slice_step_mm: _Optional[float] = ..., row_spacing_mm: _Optional[float] = ..., column_spacing_mm: _Optional[float] = ..., slices: _Optional[int] = ..., rows: _Optional[int] = ..., columns: _Optional[int] = ...) -> None: ...

class CtModel(_message.Message):
    __slots__ = ("part", "model", "weights", "weights_digest")
    PART_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_DIGEST_FIELD_NUMBER: _ClassVar[int]
    part: str
    model: str
    weights: str
    weights_digest: str
    def __init__(self, part: _Optional[str] = ..., model: _Optional[str] = ..., weights: _Optional[str] = ..., weights_digest: _Optional[str] = ...) -> None: ...
