"""Where the store is: the URL of one server, of Sentinels, or of a Cluster, read."""

import re
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from redis.asyncio import ConnectionPool

_FORMS = (
    "redis://host:port/db, unix://path, redis+sentinel://host:port,host:port/name/db or "
    "redis+cluster://host:port,host:port (rediss… for TLS)"
)
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(?::([0-9]{1,5}))?")
_PORTS = {"sentinel": 26379, "cluster": 6379}


class Kind(Enum):
    """Who says which server takes the writes."""

    SERVER = "server"
    SENTINEL = "sentinel"
    CLUSTER = "cluster"


@dataclass(frozen=True)
class Address:
    """One server's."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True)
class Place:
    """Where the store is. No secret shows when it is printed.

    seeds: the Sentinels, or some nodes of the Cluster; empty for one server. service: what the Sentinels
    call the primary and its replicas.
    """

    kind: Kind
    seeds: tuple[Address, ...] = ()
    service: str = ""
    _server: tuple[str, str] = field(default=("", ""), repr=False)
    _sentinel: tuple[str, str] = field(default=("", ""), repr=False)

    def server_url(self, address: Address | None) -> str:
        """What redis-py connects to; the address is None for the kind SERVER."""
        return _around(self._server, address)

    def seed_url(self, address: Address) -> str:
        """The same for one of the seeds: Sentinels have credentials of their own."""
        return _around(self._sentinel if self.kind is Kind.SENTINEL else self._server, address)


def read_place(url: str) -> Place:
    """Reads a URL. Raises ValueError, which never quotes the URL: it may hold a password."""
    scheme = url.partition("://")[0].lower()
    if scheme in ("redis", "rediss", "unix"):
        place = Place(Kind.SERVER, _server=(url, ""))
        _try(place.server_url(None))
        return place
    plain, _, kind = scheme.partition("+")
    if plain not in ("redis", "rediss") or kind not in _PORTS:
        raise ValueError(f"must be {_FORMS}")
    return _read_many(url, plain, Kind(kind))


def _read_many(url: str, scheme: str, kind: Kind) -> Place:
    parts = urlsplit(url)
    login, at, hosts = parts.netloc.rpartition("@")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    sentinel_login = _login(options.pop("sentinel_username", ""), options.pop("sentinel_password", ""))
    path = [unquote(part) for part in parts.path.split("/") if part]
    service = ""
    if kind is Kind.SENTINEL:
        if not path:
            raise ValueError("must name the primary as the Sentinels do: redis+sentinel://host:port/name/0")
        service = path.pop(0)
    database = path[0] if path else "0"
    if len(path) > 1 or not database.isdigit() or (kind is Kind.CLUSTER and database != "0"):
        raise ValueError("must end with the number of the database, which is 0 in a Cluster")
    query = f"?{urlencode(options, quote_via=quote)}" if options else ""
    place = Place(
        kind,
        tuple(_address(host, _PORTS[kind.value]) for host in hosts.split(",")),
        service,
        (f"{scheme}://{login}{at}", f"/{database}{query}"),
        (f"{scheme}://{sentinel_login}", query),
    )
    _try(place.server_url(place.seeds[0]))
    return place


def _around(url: tuple[str, str], address: Address | None) -> str:
    return f"{url[0]}{address or ''}{url[1]}"


def _login(user: str, password: str) -> str:
    return f"{quote(user, safe='')}:{quote(password, safe='')}@" if user or password else ""


def _address(text: str, usual_port: int) -> Address:
    found = _HOST.fullmatch(text.strip())
    if not found or not 0 < int(found[2] or usual_port) < 1 << 16:
        raise ValueError("must name hosts as host:port, joined by commas")
    return Address(found[1].strip("[]"), int(found[2] or usual_port))


def _try(url: str) -> None:
    """An option that redis-py does not know fails here, not at the first connection."""
    try:
        ConnectionPool.from_url(url).make_connection()  # type: ignore[no-untyped-call]
    except (ValueError, TypeError) as error:
        raise ValueError("has an option or a port that cannot be used") from error
