"""The channel to a gateway."""

import ipaddress
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
    options = (*_OPTIONS, ("grpc.enable_http_proxy", 0)) if _is_loopback(server) else _OPTIONS
    return grpc.aio.insecure_channel(server, options=options)


def _is_loopback(server: str) -> bool:
    """Whether a server is this machine: grpc-core asks the proxy of `http_proxy` for that one too."""
    host = server.rpartition(":")[0].strip("[]")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
