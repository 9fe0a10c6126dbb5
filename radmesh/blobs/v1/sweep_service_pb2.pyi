from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class SweepBlobsRequest(_message.Message):
    __slots__ = ("dry_run",)
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    dry_run: bool
    def __init__(self, dry_run: _Optional[bool] = ...) -> None: ...

class SweepBlobsResponse(_message.Message):
    __slots__ = ("deleted_files", "freed_bytes", "kept_files", "summary", "failed_files", "more")
    DELETED_FILES_FIELD_NUMBER: _ClassVar[int]
    FREED_BYTES_FIELD_NUMBER: _ClassVar[int]
    KEPT_FILES_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    FAILED_FILES_FIELD_NUMBER: _ClassVar[int]
    MORE_FIELD_NUMBER: _ClassVar[int]
    deleted_files: int
    freed_bytes: int
    kept_files: int
    summary: str
    failed_files: int
    more: bool
    def __init__(self, deleted_files: _Optional[int] = ..., freed_bytes: _Optional[int] = ..., kept_files: _Optional[int] = ..., summary: _Optional[str] = ..., failed_files: _Optional[int] = ..., more: _Optional[bool] = ...) -> None: ...
