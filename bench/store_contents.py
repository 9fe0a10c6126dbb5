"""What Redis holds for `tasks`, by kind of key."""

from collections import Counter
from dataclasses import dataclass

import redis

_PAGE = 1000


@dataclass(frozen=True)
class Contents:
    """keys: how many there are of each kind. size_bytes: of all of a kind, as Redis counts (MEMORY USAGE)."""

    keys: Counter[str]
    size_bytes: Counter[str]


def contents_of(address: str) -> Contents:
    """Counts every key. address: `host:port`. Its kind is the word behind the hash tag: `{radmesh}:task`."""
    keys, size_bytes = Counter[str](), Counter[str]()
    with redis.Redis.from_url(f"redis://{address}/0") as connection:
        names = list(connection.scan_iter(count=_PAGE))
        for first in range(0, len(names), _PAGE):
            page = names[first : first + _PAGE]
            with connection.pipeline(transaction=False) as pipeline:
                for name in page:
                    pipeline.memory_usage(name)
                sizes = pipeline.execute()
            for name, size in zip(page, sizes, strict=True):
                kind = name.decode().split(":")[1]
                keys[kind] += 1
                size_bytes[kind] += size or 0
    return Contents(keys, size_bytes)
