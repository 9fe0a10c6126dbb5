"""Spans of time as people type them. Pure."""

import re
from datetime import timedelta

_SPAN = re.compile(r"(?:(\d{1,4})d)?(?:(\d{1,5})h)?(?:(\d{1,6})m)?(?:(\d{1,8})s)?")


def parse_span(text: str) -> timedelta:
    """The span that a text such as `30m`, `1h30m`, `90s` or `2d` says. Raises ValueError."""
    match = _SPAN.fullmatch(text)
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups()) if match else (0, 0, 0, 0)
    span = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if not span:
        raise ValueError("is not a span of time such as 90s, 30m, 1h30m or 2d")
    return span
