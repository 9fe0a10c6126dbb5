from radmesh.segmentation.v1 import nnunet_pb2 as _nnunet_pb2
from radmesh.tasks.v1 import task_pb2 as _task_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SegmentVolumeRequest(_message.Message):
    __slots__ = ("images", "contents", "weights", "configuration", "folds", "mirroring", "tile_step", "device")
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    CONTENTS_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    CONFIGURATION_FIELD_NUMBER: _ClassVar[int]
    FOLDS_FIELD_NUMBER: _ClassVar[int]
    MIRRORING_FIELD_NUMBER: _ClassVar[int]
    TILE_STEP_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    images: _containers.RepeatedScalarFieldContainer[str]
    contents: _containers.RepeatedScalarFieldContainer[bytes]
    weights: str
    configuration: str
    folds: _containers.RepeatedScalarFieldContainer[str]
    mirroring: bool
    tile_step: float
    device: str
    def __init__(self, images: _Optional[_Iterable[str]] = ..., contents: _Optional[_Iterable[bytes]] = ..., weights: _Optional[str] = ..., configuration: _Optional[str] = ..., folds: _Optional[_Iterable[str]] = ..., mirroring: _Optional[bool] = ..., tile_step: _Optional[float] = ..., device: _Optional[str] = ...) -> None: ...

class SegmentVolumeResponse(_message.Message):
    __slots__ = ("progress", "result", "file")
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    FILE_FIELD_NUMBER: _ClassVar[int]
    progress: _task_pb2.TaskProgress
    result: _nnunet_pb2.NnunetResult
    file: SegmentVolumeFile
    def __init__(self, progress: _Optional[_Union[_task_pb2.TaskProgress, _Mapping]] = ..., result: _Optional[_Union[_nnunet_pb2.NnunetResult, _Mapping]] = ..., file: _Optional[_Union[SegmentVolumeFile, _Mapping]] = ...) -> None: ...

class SegmentVolumeFile(_message.Message):
    __slots__ = ("file_name", "media_type", "offset", "chunk", "size_bytes")
    FILE_NAME_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    file_name: str
    media_type: str
    offset: int
    chunk: bytes
    size_bytes: int
    def __init__(self, file_name: _Optional[str] = ..., media_type: _Optional[str] = ..., offset: _Optional[int] = ..., chunk: _Optional[bytes] = ..., size_bytes: _Optional[int] = ...) -> None: ...
