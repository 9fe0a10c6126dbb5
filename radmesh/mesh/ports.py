"""Loopback ports that stay ours while a process of the mesh is down."""

import errno
import socket

from radmesh.mesh.errors import MeshError

LOOPBACK = "127.0.0.1"


class ReservedPort:
    """A TCP port on loopback that the kernel gives to nobody else while this is held.

    The trick: a bound socket that never listens. It bars the port from other callers' `bind` and from the
    kernel's choice of source ports, while a server that sets SO_REUSEADDR, as grpc-core and Valkey do, may
    still bind and listen on it. So a child finds its port free again however often it is restarted.
    """

    def __init__(self, port: int = 0) -> None:
        """port: the one to hold; 0 for any free one. Raises MeshError when it is taken."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if port:
            # Old connections in TIME_WAIT must not bar a port that was asked for by number.
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((LOOPBACK, port))
        except OSError as error:
            self._socket.close()
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            raise MeshError(
                f"Port {port} is taken or not allowed: {error.strerror}. Choose another."
            ) from error
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.number: int = self._socket.getsockname()[1]

    @property
    def address(self) -> str:
        """`host:port`."""
        return f"{LOOPBACK}:{self.number}"

    def release(self) -> None:
        """Lets others have the port."""
        self._socket.close()
