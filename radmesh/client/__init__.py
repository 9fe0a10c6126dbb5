"""The Python client: `Client` for asyncio, `SyncClient` for everything else."""

from radmesh.client.client import Client, ImageLike, WatchMessage
from radmesh.client.outcome import ENDED, Analysis, raise_for_outcome, result_dict, unpack_result
from radmesh.client.retry import Patience
from radmesh.client.sync import SyncClient

__all__ = [
    "ENDED",
    "Analysis",
    "Client",
    "ImageLike",
    "Patience",
    "SyncClient",
    "WatchMessage",
    "raise_for_outcome",
    "result_dict",
    "unpack_result",
]
