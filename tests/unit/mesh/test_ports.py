"""A reserved port is nobody else's, and a server may still listen on it, again and again."""

import socket

import grpc
import pytest

from radmesh.mesh import MeshError
from radmesh.mesh.ports import LOOPBACK, ReservedPort


def listen(number: int) -> socket.socket:
    """Binds as grpc-core and Valkey do."""
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((LOOPBACK, number))
    server.listen()
    return server


def test_a_server_may_listen_on_it_again_and_again() -> None:
    port = ReservedPort()
    for _ in range(2):
        server = listen(port.number)
        socket.create_connection((LOOPBACK, port.number), timeout=5).close()
        server.close()
    port.release()


async def test_grpc_may_listen_on_it_again_and_again() -> None:
    port = ReservedPort()
    for _ in range(2):
        server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
        assert server.add_insecure_port(port.address) == port.number
        await server.start()
        await server.stop(None)
    port.release()


def test_nobody_else_gets_it_while_no_server_listens() -> None:
    port = ReservedPort()
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind((LOOPBACK, port.number))
    with socket.socket() as caller, pytest.raises(ConnectionRefusedError):
        caller.connect((LOOPBACK, port.number))
    port.release()


def test_a_taken_port_is_named() -> None:
    with socket.socket() as other:
        other.bind((LOOPBACK, 0))
        other.listen()
        with pytest.raises(MeshError, match=f"Port {other.getsockname()[1]}"):
            ReservedPort(other.getsockname()[1])


def test_a_port_asked_for_by_number_may_be_asked_for_again() -> None:
    first = ReservedPort()
    first.release()
    server = listen(first.number)
    caller = socket.create_connection((LOOPBACK, first.number), timeout=5)
    server.accept()[0].close()  # the server's end is the one that waits in TIME_WAIT
    caller.close()
    server.close()
    ReservedPort(first.number).release()
