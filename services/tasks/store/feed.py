"""Follows the feed: everything that happens, as it happens, with every possible gap announced."""

import asyncio
import random
from collections.abc import AsyncGenerator, Mapping, Sequence

from radmesh.errors import UnavailableError
from services.tasks.records import BatchPlace, FeedEntry, FeedKind, LeaseKey
from services.tasks.store import keys
from services.tasks.store.connection import command, look_again
from services.tasks.store.line import Line
from services.tasks.store.place import Place
from services.tasks.store.reading import event_record
from services.tasks.stuck import Attempts

_BLOCK_MS = 2_000
_ENTRIES = 1_000
_RECONNECT_SECONDS = (0.05, 2.0)


async def follow(place: Place) -> AsyncGenerator[FeedEntry, None]:
    """Yields the feed's entries for ever, a GAP first and wherever entries may have been missed."""
    # A connection of its own, as the read blocks it. Its time-out notices a server that vanished silently.
    redis = Line(place, _BLOCK_MS / 1000 + 3)
    seen: int | None = None
    failures = 0
    try:
        while True:
            try:
                seen = await _resume(redis, seen)
                failures, connection = 0, redis.connections_made
                yield FeedEntry(FeedKind.GAP)
                while True:
                    entries = await _read(redis, seen)
                    if not entries:
                        # Silence may be that of a primary which was cut off and replaced.
                        await look_again(redis)
                    if redis.connections_made != connection or (not entries and await _newest(redis) < seen):
                        # Another server may have lost, or have others in place of, what was read before.
                        break
                    for number, news in entries:
                        if number != seen + 1:
                            yield FeedEntry(FeedKind.GAP)
                        seen = number
                        for fields in news:
                            yield _entry(fields)
            except UnavailableError:
                failures += 1
            least, most = _RECONNECT_SECONDS
            await asyncio.sleep(random.uniform(least, min(most, least * 2**failures)))
    finally:
        await redis.aclose()


async def _resume(redis: Line, seen: int | None) -> int:
    """The number after which to read: where the follower was, or the newest if that no longer fits."""
    newest = await _newest(redis)
    # A server that lost its last writes, or was emptied, counts again from before what was seen.
    return newest if seen is None or seen > newest else seen


async def _newest(redis: Line) -> int:
    return int(await command(redis, "GET", keys.FEED_NUMBER) or 0)


async def _read(redis: Line, seen: int) -> list[tuple[int, list[dict[bytes, bytes]]]]:
    """The entries after a number, each with the news of one script."""
    streams = await command(
        redis, "XREAD", "COUNT", _ENTRIES, "BLOCK", _BLOCK_MS, "STREAMS", keys.FEED, f"{seen}-0"
    )
    entries = streams[0][1] if streams else []
    return [(int(entry_id.split(b"-")[0]), _news(flat)) for entry_id, flat in entries]


def _news(flat: Sequence[bytes]) -> list[dict[bytes, bytes]]:
    """The fields of each news: every one of them begins with its kind."""
    news: list[dict[bytes, bytes]] = []
    for name, value in zip(flat[::2], flat[1::2], strict=True):
        if name == b"kind":
            news.append({})
        news[-1][name] = value
    return news


def _entry(fields: Mapping[bytes, bytes]) -> FeedEntry:
    kind = FeedKind(fields[b"kind"].decode())
    text = {name: fields.get(name, b"").decode() for name in (b"task", b"pipeline", b"worker", b"batch")}
    event, lease, place = fields.get(b"event"), None, None
    if b"token" in fields:
        lease = LeaseKey(text[b"task"], int(fields[b"attempt"]), fields[b"token"].decode())
    if b"batch_sequence" in fields:
        place = BatchPlace(int(fields[b"batch_sequence"]), int(fields[b"open_tasks"]))
    if b"inspect" in fields:
        return _inspection(kind, text[b"worker"], fields)
    return FeedEntry(
        kind=kind,
        task_id=text[b"task"],
        event=event_record(event) if event else None,
        progress=fields.get(b"progress", b""),
        pipeline=text[b"pipeline"],
        tasks=int(fields.get(b"tasks", 1)),
        worker=text[b"worker"],
        lease=lease,
        batch=text[b"batch"],
        place=place,
    )


def _inspection(kind: FeedKind, worker: str, fields: Mapping[bytes, bytes]) -> FeedEntry:
    said = None
    if kind is FeedKind.INSPECTION:
        running, held = _attempts(fields[b"running"]), _attempts(fields[b"held"])
        said = Attempts(running, held, settled=fields[b"settled"] == b"1")
    return FeedEntry(kind, worker=worker, inspect_id=int(fields[b"inspect"]), said=said)


def _attempts(joined: bytes) -> frozenset[tuple[str, int]]:
    named = (name.rpartition(".") for name in joined.decode().split())
    return frozenset((task_id, int(attempt)) for task_id, _, attempt in named)
