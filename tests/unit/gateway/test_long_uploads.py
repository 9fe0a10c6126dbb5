"""An upload that takes longer than uploads are kept is not given up while its bytes arrive."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

from services.gateway.uploads.sweep import Sweep
from services.gateway.uploads.wire import UploadPart
from tests.unit.gateway.upload_door import OWNER, PNG, Door, name_of

MIB = 1 << 20
CONTENT = PNG[:8] + bytes(30 * MIB)


async def test_a_stream_of_hours_is_not_given_up_by_another_gateway(tmp_path: Path) -> None:
    door, other = Door(tmp_path), Door(tmp_path)
    sweep = Sweep(other.uploads, other.metrics, unrecorded_keep=0.0)
    upload = await door.open(CONTENT)

    async def slowly() -> AsyncIterator[UploadPart]:
        name = f"uploads/{upload.upload_id}"
        for offset in range(0, len(CONTENT), MIB):
            chunk = CONTENT[offset : offset + MIB]
            yield UploadPart(name, offset, chunk, finish=offset + MIB >= len(CONTENT))
            door.now = other.now = door.now + timedelta(minutes=4)
            await sweep.look()

    written, _ = await door.receiver.receive(OWNER, slowly())
    assert written.image is not None
    assert written.image.name == name_of(CONTENT)
