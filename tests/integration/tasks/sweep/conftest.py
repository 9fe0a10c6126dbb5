"""A store and a folder of blobs whose sweep is old enough to delete."""

from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from services.tasks.store import TaskStore
from services.tasks.sweep.metrics import SweepMetrics
from services.tasks.sweep.settings import SweepSettings
from services.tasks.sweep.sweeper import Sweeper
from tests.support.blob_folders import AgedBlobs
from tests.support.task_records import SetClock

DAY = 86_400


@pytest.fixture
def blobs(tmp_path: Path) -> AgedBlobs:
    return AgedBlobs(tmp_path / "blobs")


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
async def sweeper(
    store: TaskStore, blobs: AgedBlobs, clock: SetClock, registry: CollectorRegistry
) -> Sweeper:
    """One whose store has known the folder for a day."""
    settings = SweepSettings(listen="127.0.0.1:0", blobs=blobs.root.as_uri())
    made = Sweeper(store, settings, SweepMetrics(registry))
    await made.sweep_now(dry_run=False)
    clock.advance(DAY)
    return made
