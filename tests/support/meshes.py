"""Starts whole meshes for tests."""

from pathlib import Path
from typing import Any

from radmesh.mesh import Mesh, MeshOptions, WorkerModule

STEPS = WorkerModule("steps", "tests.support.steps_worker", "RADMESH_STEPS_")
"""The worker without torch; its pipeline is `steps`."""

START_SECONDS = 90.0
"""A start takes two seconds on a quiet machine; the machines of tests are not quiet."""


def start_mesh(folder: Path, **options: Any) -> Mesh:
    """A mesh that is ready; `stop` it. options: the fields of MeshOptions."""
    mesh = Mesh(MeshOptions(folder, **options))
    mesh.start(START_SECONDS)
    return mesh
