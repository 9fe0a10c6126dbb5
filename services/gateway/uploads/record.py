"""What is known of one upload, and how it is written beside the bytes so that it outlives the gateway."""

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from google.protobuf import json_format

from radmesh.blobs.v1.image_pb2 import Image
from radmesh.blobs.v1.upload_service_pb2 import Upload
from services.gateway.uploads.rules import Limits, NewUpload


@dataclass(frozen=True)
class UploadRecord:
    """One upload: whose it is, what was declared, what it is held to, and the image that it became."""

    upload_id: str
    owner: str
    declared: NewUpload
    limits: Limits
    expire_time: datetime
    image: Image | None = None

    def kept_until(self, expire_time: datetime) -> "UploadRecord":
        """The same upload with another time at which it is given up."""
        return replace(self, expire_time=expire_time)

    def finished(self, image: Image) -> "UploadRecord":
        """The same upload, at its end."""
        return replace(self, image=image)

    def to_proto(self, offset: int) -> Upload:
        """The upload as a caller sees it, standing at `offset`."""
        upload = Upload(name=f"uploads/{self.upload_id}", size_bytes=self.declared.size_bytes, offset=offset)
        upload.expire_time.FromDatetime(self.expire_time)
        if self.image is not None:
            upload.image.CopyFrom(self.image)
        return upload


def upload_id(owner: str, request_id: str) -> str:
    """The id of the upload that this request opens: the same on every gateway and after every restart."""
    return hashlib.sha256(json.dumps([owner, request_id]).encode()).hexdigest()[:32]


def dump(record: UploadRecord) -> bytes:
    """A record as JSON."""
    written = {
        "owner": record.owner,
        "declared": vars(record.declared),
        "max_bytes": record.limits.max_bytes,
        "media_types": record.limits.media_types,
        "expire_time": record.expire_time.isoformat(),
        "image": None if record.image is None else json_format.MessageToDict(record.image),
    }
    return json.dumps(written).encode()


def load(identifier: str, content: bytes) -> UploadRecord:
    """The record that `dump` wrote. Raises ValueError when it is not one."""
    try:
        written: dict[str, Any] = json.loads(content)
        image = written["image"]
        return UploadRecord(
            upload_id=identifier,
            owner=written["owner"],
            declared=NewUpload(**written["declared"]),
            limits=Limits(written["max_bytes"], tuple(written["media_types"])),
            expire_time=datetime.fromisoformat(written["expire_time"]),
            image=None if image is None else json_format.ParseDict(image, Image()),
        )
    except (KeyError, TypeError, json_format.ParseError) as error:
        raise ValueError(f"not an upload's record: {error}") from error
