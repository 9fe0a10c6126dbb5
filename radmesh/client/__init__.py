"""The Python client: `Client` for asyncio, `SyncClient` for everything else."""

from radmesh.client.client import Client
from radmesh.client.outcome import Analysis, raise_for_outcome, result_dict, unpack_result
from radmesh.client.retry import Patience
from radmesh.client.sync import SyncClient

__all__ = [
    "Analysis",
    "Client",
    "Patience",
    "SyncClient",
    "raise_for_outcome",
    "result_dict",
    "unpack_result",
]
