"""OctaService with the real model: a vessel mask without queue and task."""

import asyncio
import io
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import pytest_asyncio
from PIL import Image
from prometheus_client import generate_latest

from radmesh.errors import RadmeshError
from radmesh.segmentation.v1.octa_service_pb2 import SegmentVesselsRequest
from radmesh.segmentation.v1.octa_service_pb2_grpc import OctaServiceStub
from services.segmentation.service import SegmentationService
from tests.support.direct import Answer, Metadata, Running, running_service

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("octa")]


@dataclass(frozen=True)
class Octa:
    """OctaService of a running segmentation service."""

    running: Running

    @property
    def service(self) -> SegmentationService:
        return self.running.service

    @property
    def method(self) -> Any:
        return OctaServiceStub(self.running.channel).SegmentVessels

    async def call(self, request: SegmentVesselsRequest, metadata: Metadata = ()) -> Answer:
        return await self.running.call(self.method, request, metadata)

    async def refusal(self, request: SegmentVesselsRequest, metadata: Metadata = ()) -> RadmeshError:
        return await self.running.refusal(self.method, request, metadata)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Octa, None]:
    async with running_service(tmp_path_factory.mktemp("blobs")) as started:
        yield Octa(started)


def png(grey: np.ndarray) -> bytes:
    content = io.BytesIO()
    Image.fromarray(grey).save(content, "PNG")
    return content.getvalue()


def picture(rows: int, columns: int) -> bytes:
    """A bright band over dark ground: something that looks like one vessel."""
    grey = np.full((rows, columns), 20, np.uint8)
    grey[rows // 2 - 4 : rows // 2 + 4] = 230
    return png(grey)


async def test_an_image_becomes_a_mask_of_its_own_size_and_a_typed_result(running: Octa) -> None:
    answer = await running.call(SegmentVesselsRequest(content=picture(200, 310)))
    assert answer.stages[0] == "reading"
    mask = Image.open(io.BytesIO(answer.files["mask.png"]))
    assert (mask.mode, mask.size) == ("L", (310, 200))
    values = np.asarray(mask)
    assert set(np.unique(values)) <= {0, 255}
    result = answer.result
    assert (result.rows, result.columns) == (200, 310)
    assert result.vessel_area_fraction == pytest.approx(np.count_nonzero(values) / values.size)
    assert result.device == "cpu" or result.device.startswith("cuda:")
    assert result.inference_seconds > 0
    assert result.weights == "models/octa-vessels/weights/official"
    assert result.weights_digest.startswith("sha256:")
    assert result.demonstrator
    overlay = Image.open(io.BytesIO(answer.files["overlay.png"]))
    assert "NOT FOR CLINICAL USE" in str(overlay.info["Disclaimer"])


async def test_the_threshold_is_used(running: Octa) -> None:
    content = picture(128, 128)
    everything = await running.call(SegmentVesselsRequest(content=content, threshold=0.0))
    nothing = await running.call(SegmentVesselsRequest(content=content, threshold=1.0))
    assert everything.result.vessel_area_fraction == 1.0
    assert nothing.result.vessel_area_fraction < everything.result.vessel_area_fraction


async def test_an_image_of_the_blob_store_is_read_there(running: Octa) -> None:
    name = f"images/{'c' * 64}"
    await running.service.blobs.put(name, picture(64, 64))
    answer = await running.call(SegmentVesselsRequest(image=name))
    assert answer.result.rows == 64
    somebody = (("radmesh-principal", "somebody"),)
    refused = await running.refusal(SegmentVesselsRequest(image=name), somebody)
    assert refused.reason == "PERMISSION_DENIED"
    missing = await running.refusal(SegmentVesselsRequest(image=f"images/{'d' * 64}"))
    assert (missing.reason, missing.numeric_code) == ("IMAGE_NOT_FOUND", 12002)


async def test_every_broken_rule_is_named_at_once(running: Octa) -> None:
    refused = await running.refusal(SegmentVesselsRequest(threshold=float("nan"), weights="best"))
    assert refused.reason == "INVALID_REQUEST"
    for field in ("source", "threshold", "weights"):
        assert field in str(refused)


async def test_bad_input_is_typed_and_leaves_the_model_running(running: Octa) -> None:
    pids = running.service.pool.pids
    refused = await running.refusal(SegmentVesselsRequest(content=b"hello"))
    assert (refused.reason, refused.numeric_code) == ("NOT_AN_IMAGE", 10003)
    unknown = "models/octa-vessels/weights/best"
    refused = await running.refusal(SegmentVesselsRequest(content=picture(64, 64), weights=unknown))
    assert refused.reason == "WEIGHTS_NOT_FOUND"
    assert running.service.pool.pids == pids


async def test_a_busy_slot_is_refused_with_a_time_to_wait(running: Octa) -> None:
    process = running.service.pool.take_now()
    try:
        refused = await running.refusal(SegmentVesselsRequest(content=picture(64, 64)))
    finally:
        running.service.pool.give_back(process)
    assert refused.reason == "NO_FREE_SLOT"
    assert refused.retry_after


async def test_a_caller_that_leaves_gives_its_slot_back(running: Octa) -> None:
    call = running.method(SegmentVesselsRequest(content=picture(900, 900)))
    await call.read()
    call.cancel()
    async with asyncio.timeout(20):
        process = await running.service.pool.take()
    running.service.pool.give_back(process)
    assert (await running.call(SegmentVesselsRequest(content=picture(64, 64)))).result.rows == 64


async def test_loads_and_inferences_are_counted(running: Octa) -> None:
    await running.call(SegmentVesselsRequest(content=picture(64, 64)))
    page = generate_latest(running.running.metrics.registry).decode()
    assert "radmesh_worker_model_loads_total{" in page
    assert 'radmesh_worker_inference_seconds_count{pipeline="octa-vessels"}' in page
