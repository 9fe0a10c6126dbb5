"""The bytes of an image before they are sent: in memory, in a file, or in the files of a series.

Whatever they lie in, they are read twice, once to be hashed and once to be sent, in chunks at any offset.
"""

from radmesh.client.sources.content import BytesContent, Content
from radmesh.client.sources.finding import holds_dicom, is_dicom_file
from radmesh.client.sources.opening import (
    OnUpload,
    Source,
    UploadProgress,
    UploadStage,
    open_series,
    open_source,
    unheard,
)

__all__ = [
    "BytesContent",
    "Content",
    "OnUpload",
    "Source",
    "UploadProgress",
    "UploadStage",
    "holds_dicom",
    "is_dicom_file",
    "open_series",
    "open_source",
    "unheard",
]
