"""The channel to a gateway."""

import os

import grpc

DEFAULT_SERVER = "localhost:50051"
SERVER_VARIABLE = "RADMESH_SERVER"
CALL_TIMEOUT = 15.0
CHUNK_BYTES = 1 << 20

_OPTIONS = (
    # A restarted server must be found within moments, not after grpc-core's default of up to two minutes.
    ("grpc.initial_reconnect_backoff_ms", 50),
    ("grpc.min_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    # A server that vanished without closing its connections is noticed by its silence.
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 10_000),
)


def default_server() -> str:
    """`host:port` from the environment variable RADMESH_SERVER, else that of `radmesh up`."""
    return os.environ.get(SERVER_VARIABLE) or DEFAULT_SERVER


def open_channel(server: str) -> grpc.aio.Channel:
    """A channel to `host:port`. Connects when first used; must be closed."""
    return grpc.aio.insecure_channel(server, options=_OPTIONS)
