"""Everything that a server keeps, to compare before and after."""

from redis import Redis


def contents(url: str) -> dict[bytes, bytes]:
    """The serialized value of every key."""
    with Redis.from_url(url) as client:
        return {key: client.dump(key) for key in client.scan_iter()}


def lasting_keys(url: str) -> set[str]:
    """The keys without a time to live, without their hash tag."""
    with Redis.from_url(url) as client:
        return {
            key.decode().removeprefix("{radmesh}:") for key in client.scan_iter() if client.ttl(key) == -1
        }
