from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class OctaVesselsResult(_message.Message):
    __slots__ = ("inference_seconds", "device", "model", "weights", "weights_digest", "rows", "columns", "vessel_area_fraction", "threshold", "software_version", "demonstrator")
    INFERENCE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_DIGEST_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    VESSEL_AREA_FRACTION_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    SOFTWARE_VERSION_FIELD_NUMBER: _ClassVar[int]
    DEMONSTRATOR_FIELD_NUMBER: _ClassVar[int]
    inference_seconds: float
    device: str
    model: str
    weights: str
    weights_digest: str
    rows: int
    columns: int
    vessel_area_fraction: float
    threshold: float
    software_version: str
    demonstrator: bool
    def __init__(self, inference_seconds: _Optional[float] = ..., device: _Optional[str] = ..., model: _Optional[str] = ..., weights: _Optional[str] = ..., weights_digest: _Optional[str] = ..., rows: _Optional[int] = ..., columns: _Optional[int] = ..., vessel_area_fraction: _Optional[float] = ..., threshold: _Optional[float] = ..., software_version: _Optional[str] = ..., demonstrator: _Optional[bool] = ...) -> None: ...
