"""What an operator allows callbacks to reach inside, and the decision over an address. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

from services.tasks.webhooks.addresses import is_internal, read_address

_NAME = re.compile(r"[a-z0-9]([a-z0-9._-]{0,251}[a-z0-9])?")
_PORTED = re.compile(r"(?:\[(?P<six>[0-9a-f:.]+)\]|(?P<host>[^:\[\]]+)):(?P<port>[0-9]{1,5})")


@dataclass(frozen=True)
class _Entry:
    """A host's name or a network, on one port or on every one (0)."""

    port: int
    host: str = ""
    network: IPv4Network | IPv6Network | None = None


@dataclass(frozen=True)
class AllowList:
    """Hosts and networks that callbacks may reach although they are inside."""

    entries: tuple[_Entry, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "AllowList":
        """Reads entries by commas: `ris.example`, `10.20.0.0/16`, `fd00::5`, or with a port `[fd00::5]:8443`.

        Raises ValueError, which names the entry.
        """
        return cls(tuple(_entry(part.strip().lower()) for part in text.split(",") if part.strip()))

    def permits(self, host: str, port: int, addresses: Sequence[str]) -> bool:
        """Whether a host may be called that has these IP addresses: every one is public, or allowed.

        host: as `CallbackTarget` has it.
        """
        return bool(addresses) and all(self._permits(host, port, address) for address in addresses)

    def _permits(self, host: str, port: int, text: str) -> bool:
        try:
            address = read_address(text)
        except ValueError:
            return False
        if not is_internal(address):
            return True
        return any(
            entry.port in (0, port)
            and (entry.host == host if entry.network is None else address in entry.network)
            for entry in self.entries
        )


def _entry(text: str) -> _Entry:
    ported = _PORTED.fullmatch(text)
    host, port = (ported["six"] or ported["host"], int(ported["port"])) if ported else (text, 0)
    if ported and not 0 < port < 65536:
        raise ValueError(f"{text}: the port must be from 1 to 65535")
    try:
        return _Entry(port, network=ip_network(host.strip("[]")))
    except ValueError:
        # A digit-only name would be an address in disguise; a slash is a network with host bits set.
        if not _NAME.fullmatch(host) or re.fullmatch(r"[0-9.]+", host):
            raise ValueError(
                f"{text}: must be a host's name, an address or a network such as 10.20.0.0/16, "
                "each with :port or without"
            ) from None
        return _Entry(port, host=host)
