"""Loopback ports for servers that tests start late, or kill and start again."""

import weakref

from radmesh.mesh import MeshError
from radmesh.mesh.ports import ReservedPort

# Where a Redis Cluster's node has its bus, counted from its port.
_BUS = 10_000


def port_for(owner: object) -> int:
    """A port that no other process gets while `owner` lives, so that its server finds it free each time."""
    port = ReservedPort()
    weakref.finalize(owner, port.release)
    return port.number


def port_with_bus_for(owner: object) -> int:
    """The same, with a Cluster's bus 10,000 further on."""
    while True:
        port = ReservedPort()
        try:
            bus = ReservedPort(port.number + _BUS) if port.number + _BUS < 1 << 16 else None
        except MeshError:
            bus = None
        if bus is None:
            port.release()
            continue
        weakref.finalize(owner, port.release)
        weakref.finalize(owner, bus.release)
        return port.number
