"""Claims on blobs: uploads share them, a deletion has them alone, and no holder's death leaves one behind."""

import asyncio
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from radmesh.errors import UnavailableError
from services.chassis import blob_claims
from services.chassis.blob_claims import BlobClaims

KEY = "images/" + "a" * 64
HOLDER = """
import asyncio, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from services.chassis.blob_claims import BlobClaims

async def hold():
    async with BlobClaims(Path(sys.argv[1]), ThreadPoolExecutor(1)).alone(sys.argv[2]) as taken:
        print(taken, flush=True)
        await asyncio.sleep(600)

asyncio.run(hold())
"""


@pytest.fixture
def claims(tmp_path: Path) -> BlobClaims:
    return BlobClaims(tmp_path, ThreadPoolExecutor(2))


async def test_uploads_share_a_claim_and_a_deletion_has_to_wait(claims: BlobClaims) -> None:
    async with claims.shared(KEY), claims.shared(KEY), claims.alone(KEY) as taken:
        assert not taken
    async with claims.alone(KEY) as taken:
        assert taken
        async with claims.alone(KEY) as again:
            assert not again


async def test_an_upload_waits_for_a_deletion_to_end(claims: BlobClaims) -> None:
    entered = asyncio.Event()

    async def upload() -> None:
        async with claims.shared(KEY):
            entered.set()

    async with claims.alone(KEY):
        waiting = asyncio.create_task(upload())
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(entered.wait(), 0.1)
    await asyncio.wait_for(waiting, 10)


async def test_an_upload_that_waits_too_long_is_told_to_come_again(
    claims: BlobClaims, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blob_claims, "_PATIENCE_SECONDS", 0.05)
    async with claims.alone(KEY):
        with pytest.raises(UnavailableError):
            await claims.shared(KEY).__aenter__()


async def test_a_waiter_that_is_cancelled_holds_nothing(claims: BlobClaims) -> None:
    async with claims.alone(KEY):
        waiting = [asyncio.create_task(claims.shared(KEY).__aenter__()) for _ in range(5)]
        await asyncio.sleep(0)
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    # A thread that was at it when its caller gave up may have the claim for another moment.
    async with asyncio.timeout(10):
        while not await _is_free(claims):
            pass


async def _is_free(claims: BlobClaims) -> bool:
    async with claims.alone(KEY) as taken:
        return taken


async def test_a_claim_ends_with_the_process_that_was_killed(tmp_path: Path, claims: BlobClaims) -> None:
    line = [sys.executable, "-c", HOLDER, str(tmp_path), KEY]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as holder:  # noqa: ASYNC220
        assert holder.stdout
        assert holder.stdout.readline() == "True\n"
        async with claims.alone(KEY) as taken:
            assert not taken
        holder.kill()
    async with asyncio.timeout(10), claims.shared(KEY):
        pass
