"""The last steps of a line of ours: rendered once, then handed to the root logger's handlers.

The standard library's way there looks for the calling frame and formats each record anew: more than half of a
line's time, for nothing that a line shows.
"""

import json
import logging
from collections.abc import Callable, MutableMapping
from typing import Any

import structlog


class _Rendered(logging.LogRecord):
    """A record whose message is the whole line."""

    def getMessage(self) -> str:
        """See LogRecord; a line may hold any character."""
        return str(self.msg)


class Lines:
    """What structlog calls a logger: it takes a rendered line for each method that is named after a level."""

    def __init__(self, name: str = "") -> None:
        self.name = name

    def debug(self, line: str) -> None:
        """Hands a line of this level on, as all that follow."""
        self._hand_on(logging.DEBUG, line)

    def info(self, line: str) -> None:
        """See `debug`."""
        self._hand_on(logging.INFO, line)

    def warning(self, line: str) -> None:
        """See `debug`."""
        self._hand_on(logging.WARNING, line)

    def error(self, line: str) -> None:
        """See `debug`."""
        self._hand_on(logging.ERROR, line)

    def critical(self, line: str) -> None:
        """See `debug`."""
        self._hand_on(logging.CRITICAL, line)

    def _hand_on(self, level: int, line: str) -> None:
        record = _Rendered(self.name, level, "", 0, line, None, None)
        for handler in logging.getLogger().handlers:
            handler.handle(record)


class LineFormatter(structlog.stdlib.ProcessorFormatter):
    """Formats the records of libraries; ours are formatted already."""

    def format(self, record: logging.LogRecord) -> str:
        """See logging.Formatter."""
        return record.getMessage() if isinstance(record, _Rendered) else super().format(record)


def json_line(default: Callable[[Any], str]) -> Callable[[Any, str, MutableMapping[str, Any]], str]:
    """A last processor: the entry as JSON, its keys in order. default: what JSON lacks, as text."""
    # One encoder: `json.dumps` makes a new one for each line that asks for more than the defaults.
    encode = json.JSONEncoder(default=default, sort_keys=True).encode

    def render(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> str:
        return encode(entry)

    return render
