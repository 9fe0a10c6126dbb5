"""The Lua scripts: read from their files, completed with the settings, and called by name."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from redis.exceptions import NoScriptError

from services.tasks.priority import Priority, ready_score
from services.tasks.store.connection import command
from services.tasks.store.line import Line
from services.tasks.store.settings import StoreSettings

FOLDER = Path(__file__).parent.parent / "lua"
# What stands before every script, in the order in which they need each other.
_SHARED = ("prelude", "keys", "batches", "log", "timers", "moves", "creating", "sessions", "audit", "pauses")


def sources(settings: StoreSettings) -> Mapping[str, str]:
    """The complete source of each script by its name."""
    shared = [_settings_table(settings), *((FOLDER / f"{name}.lua").read_text() for name in _SHARED)]
    own = sorted(path for path in FOLDER.glob("*.lua") if path.stem not in _SHARED)
    return {path.stem: "\n".join([*shared, path.read_text()]) for path in own}


def _settings_table(settings: StoreSettings) -> str:
    values = {
        "lease_ms": round(settings.lease_seconds * 1000),
        "retention_ms": round(settings.retention_seconds * 1000),
        "request_id_ms": round(settings.request_id_seconds * 1000),
        "image_pin_ms": round(settings.image_pin_seconds * 1000),
        "audit_retention_ms": round(settings.audit_retention_seconds * 1000),
        "audit_records": settings.audit_records,
        "log_events": settings.log_events,
        "batch_log_events": settings.batch_log_events,
        "batch_page_events": settings.batch_page_events,
        "batch_page_bytes": settings.batch_page_bytes,
        "feed_entries": settings.feed_entries,
        "feed_event_bytes": settings.feed_event_bytes,
        "page_scan": settings.page_scan,
        "tick_items": settings.tick_items,
        "runtimes": settings.runtimes,
        "head_starts_ms": _table({int(one): -ready_score(0, settings.head_starts[one]) for one in Priority}),
    }
    fields = ", ".join(f"{name} = {value}" for name, value in values.items())
    return f"local SETTINGS = {{ {fields} }}"


def _table(values: Mapping[int, int]) -> str:
    return "{ " + ", ".join(f"[{key}] = {value}" for key, value in values.items()) + " }"


class Scripts:
    """Calls scripts by name, each as one EVALSHA."""

    def __init__(self, redis: Line, settings: StoreSettings) -> None:
        self._redis = redis
        self._sources = sources(settings)
        self._digests = {
            name: hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()
            for name, source in self._sources.items()
        }

    async def call(self, name: str, key: str, *arguments: str | bytes | int) -> Any:
        """Runs a script on its key and returns its reply. Raises UnavailableError.

        A server that does not know the script, as after its restart, is sent the source.
        """
        try:
            return await command(self._redis, "EVALSHA", self._digests[name], 1, key, *arguments)
        except NoScriptError:
            return await command(self._redis, "EVAL", self._sources[name], 1, key, *arguments)
