"""Radmesh on one machine: starts every process on loopback, keeps them up, and stops them in order."""

from radmesh.mesh.errors import MeshError
from radmesh.mesh.layout import SEGMENTATION, MeshOptions, ProcessSpec, WorkerModule
from radmesh.mesh.process import SupervisedProcess
from radmesh.mesh.signals import stopped_by_signals
from radmesh.mesh.supervisor import Mesh

__all__ = [
    "SEGMENTATION",
    "Mesh",
    "MeshError",
    "MeshOptions",
    "ProcessSpec",
    "SupervisedProcess",
    "WorkerModule",
    "stopped_by_signals",
]
