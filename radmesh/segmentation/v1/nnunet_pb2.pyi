from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class NnunetResult(_message.Message):
    __slots__ = ("inference_seconds", "device", "model", "weights", "weights_digest", "configuration", "folds", "mirroring", "tile_step", "tiles", "slices", "rows", "columns", "spacing_mm", "labels", "warnings", "software_version", "demonstrator")
    INFERENCE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_DIGEST_FIELD_NUMBER: _ClassVar[int]
    CONFIGURATION_FIELD_NUMBER: _ClassVar[int]
    FOLDS_FIELD_NUMBER: _ClassVar[int]
    MIRRORING_FIELD_NUMBER: _ClassVar[int]
    TILE_STEP_FIELD_NUMBER: _ClassVar[int]
    TILES_FIELD_NUMBER: _ClassVar[int]
    SLICES_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    SPACING_MM_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    SOFTWARE_VERSION_FIELD_NUMBER: _ClassVar[int]
    DEMONSTRATOR_FIELD_NUMBER: _ClassVar[int]
    inference_seconds: float
    device: str
    model: str
    weights: str
    weights_digest: str
    configuration: str
    folds: _containers.RepeatedScalarFieldContainer[str]
    mirroring: bool
    tile_step: float
    tiles: int
    slices: int
    rows: int
    columns: int
    spacing_mm: _containers.RepeatedScalarFieldContainer[float]
    labels: _containers.RepeatedCompositeFieldContainer[NnunetLabel]
    warnings: _containers.RepeatedScalarFieldContainer[str]
    software_version: str
    demonstrator: bool
    def __init__(self, inference_seconds: _Optional[float] = ..., device: _Optional[str] = ..., model: _Optional[str] = ..., weights: _Optional[str] = ..., weights_digest: _Optional[str] = ..., configuration: _Optional[str] = ..., folds: _Optional[_Iterable[str]] = ..., mirroring: _Optional[bool] = ..., tile_step: _Optional[float] = ..., tiles: _Optional[int] = ..., slices: _Optional[int] = ..., rows: _Optional[int] = ..., columns: _Optional[int] = ..., spacing_mm: _Optional[_Iterable[float]] = ..., labels: _Optional[_Iterable[_Union[NnunetLabel, _Mapping]]] = ..., warnings: _Optional[_Iterable[str]] = ..., software_version: _Optional[str] = ..., demonstrator: _Optional[bool] = ...) -> None: ...

class NnunetLabel(_message.Message):
    __slots__ = ("value", "name", "meaning", "scheme", "code", "voxels", "volume_ml")
    VALUE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    MEANING_FIELD_NUMBER: _ClassVar[int]
    SCHEME_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    VOXELS_FIELD_NUMBER: _ClassVar[int]
    VOLUME_ML_FIELD_NUMBER: _ClassVar[int]
    value: int
    name: str
    meaning: str
    scheme: str
    code: str
    voxels: int
    volume_ml: float
    def __init__(self, value: _Optional[int] = ..., name: _Optional[str] = ..., meaning: _Optional[str] = ..., scheme: _Optional[str] = ..., code: _Optional[str] = ..., voxels: _Optional[int] = ..., volume_ml: _Optional[float] = ...) -> None: ...
