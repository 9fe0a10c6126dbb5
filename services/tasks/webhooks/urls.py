"""Which addresses a callback may have, as far as the address itself tells. Pure."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from radmesh.errors import CallbackRefusedError

MAX_CHARACTERS = 2000
_PORTS = {"http": 80, "https": 443}
_UNSAFE = re.compile(r"[^!-~]|[\\\"<>^`{|}]")
_PARTS = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<authority>[^/?]*)(?P<target>.*)", re.IGNORECASE)
# A name does not end in a number: resolvers read `127.1`, `0x7f.1` and `2130706433` as addresses.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_AUTHORITY = re.compile(
    r"(?P<host>\[[0-9a-f:.]+\]|[a-z0-9._-]{1,253})(?::(?P<port>[0-9]{1,5}))?", re.IGNORECASE
)


@dataclass(frozen=True)
class CallbackTarget:
    """An address that can be called.

    scheme: `http` or `https`. host: lower case, without brackets. target: path and query, as they are sent.
    """

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """Host and port, as the `Host` header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def destination(self) -> str:
        """Scheme, host and port: what has a queue of its own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


def read_url(url: str) -> CallbackTarget:
    """The parts of a callback's address.

    Read strictly and only once: what two readers understand differently would pass one of them. Raises
    CallbackRefusedError, whose message does not repeat the address: its query may hold a token.
    """
    if len(url) > MAX_CHARACTERS:
        raise CallbackRefusedError(f"callback_url has more than {MAX_CHARACTERS} characters.")
    if _UNSAFE.search(url):
        raise CallbackRefusedError(
            "callback_url has a character that an address cannot have; percent-encode it, or write the "
            "host's name as punycode."
        )
    parts = _PARTS.fullmatch(url)
    scheme = parts["scheme"].lower() if parts else ""
    if parts is None or scheme not in _PORTS:
        raise CallbackRefusedError("callback_url must be an https or http address.")
    if "@" in parts["authority"]:
        raise CallbackRefusedError(
            "callback_url must not have credentials in it; the receiver knows us by the signature."
        )
    if "#" in url:
        raise CallbackRefusedError("callback_url must not have a fragment.")
    authority = _AUTHORITY.fullmatch(parts["authority"])
    port = int(authority["port"] or _PORTS[scheme]) if authority else 0
    if authority is None or not 0 < port < 65536:
        raise CallbackRefusedError("callback_url must name a host, and a port from 1 to 65535 if any.")
    target = parts["target"]
    return CallbackTarget(
        scheme, _host(authority["host"]), port, target if target[:1] == "/" else f"/{target}"
    )


def _host(given: str) -> str:
    if not given.startswith("["):
        host = given.lower().removesuffix(".")
        if not host or ".." in host or host.startswith("."):
            raise CallbackRefusedError("callback_url must name a host.")
        if _NUMBER.fullmatch(host.rpartition(".")[2]) and not _is_ipv4(host):
            raise CallbackRefusedError("callback_url must write an IPv4 address as four decimal numbers.")
        return host
    try:
        return IPv6Address(given[1:-1]).compressed
    except ValueError:
        raise CallbackRefusedError(
            "callback_url must name a host: its IPv6 address cannot be read."
        ) from None


def _is_ipv4(host: str) -> bool:
    try:
        IPv4Address(host)
    except ValueError:
        return False
    return True
