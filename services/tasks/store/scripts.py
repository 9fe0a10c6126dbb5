"""The Lua scripts: read from their files, completed with the settings, and called by name."""

import contextlib
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from redis.exceptions import NoScriptError

from services.tasks.priority import Priority, ready_score
from services.tasks.store import keys
from services.tasks.store.connection import command
from services.tasks.store.library import FUNCTIONS, Library, RefusedError
from services.tasks.store.line import Line
from services.tasks.store.place import Kind
from services.tasks.store.settings import StoreSettings

FOLDER = Path(__file__).parent.parent / "lua"
# Those whose answer is a promise: see docs/redis.md.
_ACKNOWLEDGED = ("cancel", "create", "create_batch", "find_created", "review")
# What stands before every script, in the order in which they need each other.
_SHARED = (
    "prelude",
    "keys",
    "gathering",
    "batches",
    "log",
    "outbox",
    "tallies",
    "timers",
    "moves",
    "reviews",
    "creating",
    "finishing",
    "sessions",
    "audit",
    "pauses",
)


def sources(settings: StoreSettings) -> tuple[str, Mapping[str, str]]:
    """What stands before every script, and each script by its name."""
    shared = [_settings_table(settings), *((FOLDER / f"{name}.lua").read_text() for name in _SHARED)]
    own = sorted(path for path in FOLDER.glob("*.lua") if path.stem not in _SHARED)
    return "\n".join(shared), {path.stem: path.read_text() for path in own}


def _whole(shared: str, body: str) -> str:
    return f"{shared}\nreturn telling(function()\n{body}\nend)"


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
        "page_bytes": settings.page_bytes,
        "replicas": settings.replicas,
        "tick_items": settings.tick_items,
        "runtimes": settings.runtimes,
        "failure_reasons": settings.failure_reasons,
        "head_starts_ms": _table({int(one): -ready_score(0, settings.head_starts[one]) for one in Priority}),
        "pipelines": settings.pipelines,
        "descriptor_sets": settings.descriptor_sets,
        "descriptor_sets_bytes": settings.descriptor_sets_bytes,
        "webhook_calls": settings.webhook_calls,
        "webhook_ms": round(settings.webhook_seconds * 1000),
    }
    fields = ", ".join(f"{name} = {value}" for name, value in values.items())
    return f"local SETTINGS = {{ {fields} }}"


def _table(values: Mapping[int, int]) -> str:
    return "{ " + ", ".join(f"[{key}] = {value}" for key, value in values.items()) + " }"


class Scripts:
    """Calls scripts by name: each as one EVALSHA, or as one FCALL where the server has our functions.

    acknowledged: goes to the same server, and answers once replicas have what was written; None without any.
    """

    def __init__(self, redis: Line, settings: StoreSettings, acknowledged: Line | None = None) -> None:
        self._redis = redis
        self._lines = {name: acknowledged for name in _ACKNOWLEDGED if acknowledged}
        # A node of a Cluster that hands our slot over key by key refuses a command before it does anything
        # when one of its keys is not there: a script whose keys are half here, half there would stop between
        # two writes. So each names one that never is.
        self._never: tuple[str, ...] = (keys.NEVER,) if redis.place.kind is Kind.CLUSTER else ()
        shared, bodies = sources(settings)
        self._library = Library(shared, bodies)
        self._sources = {name: _whole(shared, body) for name, body in bodies.items()}
        self._digests = {
            name: hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()
            for name, source in self._sources.items()
        }

    async def call(self, name: str, key: str, *arguments: str | bytes | int) -> Any:
        """Runs a script on its key and returns its reply. Raises UnavailableError.

        A server that does not know the script, as after its restart, is sent the source.
        """
        line = self._lines.get(name, self._redis)
        words = (1 + len(self._never), key, *self._never, *arguments)
        if name in FUNCTIONS:
            with contextlib.suppress(RefusedError):
                return await self._library.call(line, name, *words)
        try:
            return await command(line, "EVALSHA", self._digests[name], *words)
        except NoScriptError:
            return await command(line, "EVAL", self._sources[name], *words)
