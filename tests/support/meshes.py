"""Starts whole meshes for tests."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from radmesh.mesh import Mesh, MeshOptions, WorkerModule

STEPS = WorkerModule("steps", "tests.support.steps_worker", "RADMESH_STEPS_")
"""The worker without torch; its pipeline is `steps`."""

STUDY = WorkerModule("study", "tests.support.study_worker", "RADMESH_STUDY_")
"""The worker that opens CT studies, without torch; its pipeline is `study`."""

START_SECONDS = 90.0
"""A start takes two seconds on a quiet machine; the machines of tests are not quiet."""


@contextmanager
def running_mesh(folder: Path, **options: Any) -> Generator[Mesh, None, None]:
    """A mesh that is ready, and stopped at the end. options: the fields of MeshOptions."""
    mesh = Mesh(MeshOptions(folder, **options))
    try:
        mesh.start(START_SECONDS)
        yield mesh
    finally:
        mesh.stop()
