"""Waits until the processes of a mesh serve."""

import http.client
import socket
import time
from collections.abc import Sequence

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from radmesh.mesh.errors import MeshError
from radmesh.mesh.process import SupervisedProcess
from radmesh.tasks.v1 import pipeline_service_pb2, pipeline_service_pb2_grpc

_POLL_SECONDS = 0.02
_DEATHS_ALLOWED = 3
_CHANNEL_OPTIONS = (
    ("grpc.initial_reconnect_backoff_ms", 20),
    ("grpc.min_reconnect_backoff_ms", 20),
    ("grpc.max_reconnect_backoff_ms", 100),
    ("grpc.enable_http_proxy", 0),
)


def wait_until_accepting(process: SupervisedProcess, deadline: float) -> None:
    """Waits until a plain TCP server accepts connections. deadline: of the monotonic clock."""
    host, _, port = process.address.rpartition(":")
    while True:
        _check(process, deadline)
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            time.sleep(_POLL_SECONDS)
        else:
            return


def wait_until_serving(process: SupervisedProcess, deadline: float) -> None:
    """Waits until the health service of a process answers SERVING for the whole server."""
    with grpc.insecure_channel(process.address, options=_CHANNEL_OPTIONS) as channel:
        health = health_pb2_grpc.HealthStub(channel)
        while not _serves(health):
            _check(process, deadline)
            time.sleep(_POLL_SECONDS)


def wait_for_workers(
    gateway: SupervisedProcess, workers: Sequence[SupervisedProcess], deadline: float
) -> None:
    """Waits until `tasks` has welcomed each of these workers, and the gateway knows of it.

    The gateway's count alone is reached too soon: a worker of an earlier start may count for a while yet, and
    one of several pipelines counts in each.
    """
    for worker in workers:
        while not _is_welcome(worker):
            _check(worker, deadline)
            time.sleep(_POLL_SECONDS)
    with grpc.insecure_channel(gateway.address, options=_CHANNEL_OPTIONS) as channel:
        pipelines = pipeline_service_pb2_grpc.PipelineServiceStub(channel)
        while _connected(pipelines) < len(workers):
            for process in (gateway, *workers):
                _check(process, deadline)
            time.sleep(_POLL_SECONDS)


def _serves(health: health_pb2_grpc.HealthStub) -> bool:
    try:
        answer = health.Check(health_pb2.HealthCheckRequest(), timeout=0.5, wait_for_ready=True)
    except grpc.RpcError:
        return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def _is_welcome(worker: SupervisedProcess) -> bool:
    """Whether the worker says on its metrics page that `tasks` knows it."""
    connection = http.client.HTTPConnection(worker.spec.metrics, timeout=2)
    try:
        connection.request("GET", "/metrics")
        return b"\nradmesh_worker_connected 1.0\n" in connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _connected(pipelines: pipeline_service_pb2_grpc.PipelineServiceStub) -> int:
    try:
        answer = pipelines.ListPipelines(pipeline_service_pb2.ListPipelinesRequest(), timeout=2)
    except grpc.RpcError:
        return 0
    return sum(pipeline.connected_workers for pipeline in answer.pipelines)


def _check(process: SupervisedProcess, deadline: float) -> None:
    if len(process.exits) >= _DEATHS_ALLOWED:
        raise MeshError(_story(process, f"died {len(process.exits)} times, last with {process.exits[-1]}"))
    if time.monotonic() > deadline:
        raise MeshError(_story(process, "is not ready in time"))


def _story(process: SupervisedProcess, what: str) -> str:
    return "\n".join([f"{process.name} {what}. It printed last:", *process.last_lines()[-12:]])
