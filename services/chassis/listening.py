"""Where a process listens, and the rule that nothing unprotected listens beyond loopback unasked."""

import ipaddress
from dataclasses import dataclass

from radmesh.errors import FailedPreconditionError


@dataclass(frozen=True)
class Address:
    """A host, a name or an IP address without brackets, and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def parse_address(value: str) -> Address:
    """Reads `host:port` or `[ipv6]:port`. Raises FailedPreconditionError (INVALID_SETTING)."""
    host, _, port = value.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise FailedPreconditionError(f"'{value}' is not host:port.", reason="INVALID_SETTING")
    return Address(host, int(port))


def permitted_address(value: str, allow_insecure: bool) -> Address:
    """Reads an address to listen on. Raises FailedPreconditionError (INSECURE_LISTEN) beyond loopback."""
    address = parse_address(value)
    if not address.is_loopback and not allow_insecure:
        raise FailedPreconditionError(
            f"'{value}' can be reached from other machines, and nothing is encrypted or authenticated. "
            "Listen on 127.0.0.1, or set allow_insecure if the network is trusted.",
            reason="INSECURE_LISTEN",
        )
    return address
