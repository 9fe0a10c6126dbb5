from radmesh.segmentation.v1 import octa_pb2 as _octa_pb2
from radmesh.tasks.v1 import task_pb2 as _task_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SegmentVesselsRequest(_message.Message):
    __slots__ = ("image", "content", "threshold", "weights")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    image: str
    content: bytes
    threshold: float
    weights: str
    def __init__(self, image: _Optional[str] = ..., content: _Optional[bytes] = ..., threshold: _Optional[float] = ..., weights: _Optional[str] = ...) -> None: ...

class SegmentVesselsResponse(_message.Message):
    __slots__ = ("progress", "result", "file")
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    FILE_FIELD_NUMBER: _ClassVar[int]
    progress: _task_pb2.TaskProgress
    result: _octa_pb2.OctaVesselsResult
    file: SegmentVesselsFile
    def __init__(self, progress: _Optional[_Union[_task_pb2.TaskProgress, _Mapping]] = ..., result: _Optional[_Union[_octa_pb2.OctaVesselsResult, _Mapping]] = ..., file: _Optional[_Union[SegmentVesselsFile, _Mapping]] = ...) -> None: ...

class SegmentVesselsFile(_message.Message):
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
