"""The Python client: `Client` for asyncio, `SyncClient` for everything else."""

from radmesh.client.batches import BatchMessage
from radmesh.client.client import Client
from radmesh.client.files import ImageLike
from radmesh.client.outcome import ENDED, Analysis, raise_for_outcome, result_dict, unpack_result
from radmesh.client.requests import TaskOptions, task_request
from radmesh.client.retry import Patience
from radmesh.client.reviewing import open_review, refused_answer, reviewed_artifacts
from radmesh.client.sources import UploadProgress, UploadStage
from radmesh.client.study_key import study_key
from radmesh.client.sync import SyncClient
from radmesh.client.tasks import RunMessage, WatchMessage
from radmesh.client.timeouts import task_timeouts

__all__ = [
    "ENDED",
    "Analysis",
    "BatchMessage",
    "Client",
    "ImageLike",
    "Patience",
    "RunMessage",
    "SyncClient",
    "TaskOptions",
    "UploadProgress",
    "UploadStage",
    "WatchMessage",
    "open_review",
    "raise_for_outcome",
    "refused_answer",
    "result_dict",
    "reviewed_artifacts",
    "study_key",
    "task_request",
    "task_timeouts",
    "unpack_result",
]
