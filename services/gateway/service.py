"""The gateway as one service: what it is made of, and the order in which that starts and ends."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import grpc

from radmesh.blobs.v1 import blob_service_pb2_grpc
from radmesh.gateway.v1 import analysis_service_pb2_grpc
from radmesh.models.v1 import model_service_pb2_grpc
from radmesh.tasks.v1 import batch_service_pb2_grpc, task_service_pb2_grpc
from services.chassis import roles
from services.chassis.blobs import open_blob_store
from services.chassis.channels import connect
from services.chassis.metrics import Metrics
from services.chassis.watch import WatchHub
from services.gateway.analysis import Analysis
from services.gateway.background import Repeated
from services.gateway.downloads import Downloads
from services.gateway.follow import FollowedLogs
from services.gateway.foreign_types import ForeignTypes
from services.gateway.limits import LimitsBook
from services.gateway.metrics import GatewayMetrics
from services.gateway.runs import Runs
from services.gateway.servicers.analysis import AnalysisServicer
from services.gateway.servicers.batches import BatchServicer
from services.gateway.servicers.blobs import BlobServicer
from services.gateway.servicers.handed_on import add_handed_on
from services.gateway.servicers.models import ModelServicer
from services.gateway.servicers.tasks import TaskServicer
from services.gateway.servicers.uploads import UploadServicer, add_upload_servicer
from services.gateway.settings import GatewaySettings
from services.gateway.tasks_peer import TasksPeer
from services.gateway.uploads.acceptance import Acceptance
from services.gateway.uploads.receiving import Receiver
from services.gateway.uploads.rules import Limits
from services.gateway.uploads.shelf import UploadShelf
from services.gateway.uploads.sweep import Sweep

SERVICES = (
    "radmesh.blobs.v1.BlobService",
    "radmesh.blobs.v1.ImageService",
    "radmesh.blobs.v1.SweepService",
    "radmesh.blobs.v1.UploadService",
    "radmesh.gateway.v1.AnalysisService",
    "radmesh.models.v1.ModelService",
    "radmesh.tasks.v1.AdminService",
    "radmesh.tasks.v1.BatchService",
    "radmesh.tasks.v1.PipelineService",
    "radmesh.tasks.v1.ReviewService",
    "radmesh.tasks.v1.StatisticsService",
    "radmesh.tasks.v1.TaskService",
)
# With `force` a repeat would end the attempts that the first call began.
_ONCE = ("radmesh.tasks.v1.AdminService/RecoverTasks",)


class Gateway:
    """The only public door. It keeps nothing itself: uploads lie in the blob store, the rest in `tasks`."""

    name = "gateway"

    def __init__(self, settings: GatewaySettings, metrics: Metrics) -> None:
        self.settings = settings
        self._metrics = GatewayMetrics(metrics)
        self._blobs = open_blob_store(settings.blobs)
        self._uploads = UploadShelf(
            self._blobs,
            keep=timedelta(seconds=settings.upload_keep_seconds),
            min_free_bytes=settings.min_free_bytes,
            clock=lambda: datetime.now(UTC),
        )

    def register(self, server: grpc.aio.Server) -> Sequence[str]:
        """See Service."""
        settings, blobs = self.settings, self._blobs
        self._channel = connect(settings.tasks, once=_ONCE)
        peer = TasksPeer(self._channel, settings.tasks_timeout_seconds, settings.long_call_seconds)
        self.descriptor_pool = ForeignTypes(peer)
        self._logs = FollowedLogs(peer, self._metrics, patience=settings.tasks_timeout_seconds)
        self._hub = WatchHub(
            self._logs, watch_limit=settings.watch_limit, bookmark_seconds=settings.bookmark_seconds
        )
        self._metrics.show(watches=lambda: self._hub.open_watches, free_bytes=blobs.free_bytes)
        limits = LimitsBook(peer, Limits(settings.max_upload_bytes))
        acceptance = Acceptance(blobs, peer.record_image, peer.has_image, self._metrics)
        reading = Downloads(peer, blobs, self._metrics)
        receiver = Receiver(self._uploads, acceptance, limits.of)
        runs = Runs(peer, self._hub, self._logs)
        analysis = Analysis(peer, runs, self._uploads, acceptance, limits, reading)
        operators = roles.named(settings.operators)
        reviewers = roles.named(settings.reviewers)
        add_handed_on(server, peer, operators, reviewers)
        batch_service_pb2_grpc.add_BatchServiceServicer_to_server(BatchServicer(peer, self._hub), server)
        tasks = TaskServicer(runs, reviewers)
        task_service_pb2_grpc.add_TaskServiceServicer_to_server(tasks, server)
        model_service_pb2_grpc.add_ModelServiceServicer_to_server(ModelServicer(peer, operators), server)
        blob_service_pb2_grpc.add_BlobServiceServicer_to_server(BlobServicer(reading, reviewers), server)
        uploads = UploadServicer(self._uploads, receiver, self._metrics)
        add_upload_servicer(uploads, server)
        analysis_service_pb2_grpc.add_AnalysisServiceServicer_to_server(AnalysisServicer(analysis), server)
        return SERVICES

    async def start(self) -> None:
        """See Service. `tasks` may come later: what needs it says so meanwhile."""
        settings = self.settings
        sweep = Sweep(self._uploads, self._metrics, unrecorded_keep=settings.upload_keep_seconds)
        self._repeated = [
            Repeated("sweep of uploads", sweep.look, settings.sweep_seconds),
            Repeated("look for result types", self.descriptor_pool.refresh, settings.descriptor_seconds),
        ]
        for one in self._repeated:
            one.start()
        self._logs.start(self._hub)

    async def ready(self) -> None:
        """See Service. Uploads can come at once."""

    async def drain(self) -> None:
        """See Service. Uploads that run get the grace to end; broken off, they are resumed elsewhere."""
        self._hub.drain()

    async def stop(self) -> None:
        """See Service."""
        for one in getattr(self, "_repeated", ()):
            await one.stop()
        await self._logs.stop()
        await self._channel.close(None)
