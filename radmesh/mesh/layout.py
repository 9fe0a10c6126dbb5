"""Which processes a mesh has and how each finds the others. Pure: no process is started here."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

# Who stops a mesh at a terminal waits for it; a task that is cut short runs again at the next start.
_DRAIN_SECONDS = "3"


@dataclass(frozen=True)
class WorkerModule:
    """A model service to run.

    name: also names its processes. module: run as `python -m`. prefix: of its settings in the environment.
    tasks: the replicas of `tasks` that it may talk to, by index; all when empty. environment: more settings.
    """

    name: str
    module: str
    prefix: str
    tasks: tuple[int, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


SEGMENTATION = WorkerModule("segmentation", "services.segmentation", "RADMESH_SEGMENTATION_")


@dataclass(frozen=True)
class MeshOptions:
    """What to run and where.

    folder: the working folder; `redis/`, `blobs/`, `models/` (imported ones) and `logs/` lie in it. port: the
    gateway's, 0 for a free one. gateway_tasks: the replicas of `tasks` that the gateway may talk to, by
    index; all when empty. environment: settings for every process. reached_at: by name of a process, the
    `host:port` at which the others reach it, where that is not its own.
    """

    folder: Path
    port: int = 0
    tasks_replicas: int = 1
    workers: tuple[WorkerModule, ...] = (SEGMENTATION,)
    gateway_tasks: tuple[int, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    reached_at: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ProcessSpec:
    """How to start one process. address: `host:port`; empty when it serves nothing. serves: by gRPC."""

    name: str
    command: tuple[str, ...]
    address: str = ""
    metrics: str = ""
    serves: bool = True
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Addresses:
    """The `host:port` of each process: Redis, the replicas of `tasks`, the gateway, the workers, by name."""

    redis: str
    tasks: tuple[str, ...]
    gateway: str
    workers: Mapping[str, str]
    metrics: Mapping[str, str]


def plan(options: MeshOptions, addresses: Addresses) -> list[ProcessSpec]:
    """Every process of the mesh, in the order in which they depend on one another."""
    return [
        _redis(options.folder, addresses.redis),
        *(_tasks(options, addresses, index) for index in range(options.tasks_replicas)),
        _gateway(options, addresses),
        *(_worker(options, addresses, worker) for worker in options.workers),
    ]


def _python(module: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", module, *arguments)


def _redis(folder: Path, address: str) -> ProcessSpec:
    port = address.rpartition(":")[2]
    command = _python("services.tasks.redis_server", "--port", port, "--dir", str(folder / "redis"))
    return ProcessSpec("redis", command, address, serves=False)


def _tasks(options: MeshOptions, addresses: Addresses, index: int) -> ProcessSpec:
    name = f"tasks-{index}"
    environment = {
        "RADMESH_TASKS_DRAIN_SECONDS": _DRAIN_SECONDS,
        **options.environment,
        "RADMESH_TASKS_LISTEN": addresses.tasks[index],
        "RADMESH_TASKS_METRICS_LISTEN": addresses.metrics[name],
        "RADMESH_TASKS_BLOBS": _blobs(options.folder),
        "RADMESH_TASKS_REDIS_URL": f"redis://{options.reached_at.get('redis', addresses.redis)}/0",
    }
    return ProcessSpec(
        name,
        _python("services.tasks"),
        addresses.tasks[index],
        addresses.metrics[name],
        environment=environment,
    )


def _gateway(options: MeshOptions, addresses: Addresses) -> ProcessSpec:
    environment = {
        "RADMESH_GATEWAY_DRAIN_SECONDS": _DRAIN_SECONDS,
        **options.environment,
        "RADMESH_GATEWAY_LISTEN": addresses.gateway,
        "RADMESH_GATEWAY_METRICS_LISTEN": addresses.metrics["gateway"],
        "RADMESH_GATEWAY_TASKS": _target(options, addresses, options.gateway_tasks),
        "RADMESH_GATEWAY_BLOBS": _blobs(options.folder),
    }
    return ProcessSpec(
        "gateway",
        _python("services.gateway"),
        addresses.gateway,
        addresses.metrics["gateway"],
        environment=environment,
    )


def _worker(options: MeshOptions, addresses: Addresses, worker: WorkerModule) -> ProcessSpec:
    address = addresses.workers[worker.name]
    environment = {
        f"{worker.prefix}DRAIN_SECONDS": _DRAIN_SECONDS,
        # Of a service that imports models; others do not look.
        f"{worker.prefix}IMPORTED": str((options.folder / "models").resolve()),
        **options.environment,
        f"{worker.prefix}LISTEN": address,
        f"{worker.prefix}METRICS_LISTEN": addresses.metrics[worker.name],
        f"{worker.prefix}TASKS": _target(options, addresses, worker.tasks),
        f"{worker.prefix}BLOBS": _blobs(options.folder),
        **worker.environment,
    }
    return ProcessSpec(
        worker.name,
        _python(worker.module),
        address,
        addresses.metrics[worker.name],
        environment=environment,
    )


def _target(options: MeshOptions, addresses: Addresses, chosen: Sequence[int]) -> str:
    """A gRPC target that resolves to the replicas of `tasks` chosen, or to all."""
    reached = [options.reached_at.get(f"tasks-{index}", own) for index, own in enumerate(addresses.tasks)]
    return "ipv4:" + ",".join([reached[index] for index in chosen] if chosen else reached)


def _blobs(folder: Path) -> str:
    return (folder / "blobs").resolve().as_uri()
