"""The options that bound a task's times, and spans of time as people write them."""

import re
from typing import Annotated

import typer

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400}
_SPAN = re.compile(r"([0-9]+(?:\.[0-9]+)?)([smhd]?)")


def read_span(text: str) -> float:
    """Seconds of a span such as `90`, `90s`, `10m`, `2h` or `1d`. Raises typer.BadParameter."""
    found = _SPAN.fullmatch(text.strip())
    if found is None or len(text) > 20:
        raise typer.BadParameter(f"'{text[:40]}' is no span of time; write such as 90s, 10m, 2h or 1d.")
    return float(found[1]) * _UNITS[found[2]]


def _option(flag: str, help_text: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(
        flag, metavar="TIME", parser=read_span, help=f"{help_text}, such as 90s, 10m, 2h, 1d."
    )
    return option


QueueTimeout = Annotated[float | None, _option("--queue-timeout", "Longest time of a task in the queue")]
AttemptTimeout = Annotated[float | None, _option("--attempt-timeout", "Longest time of one attempt")]
ProgressTimeout = Annotated[
    float | None,
    _option(
        "--progress-timeout", "Longest time without progress before a task is tried again; 0 for no watch"
    ),
]
HeartbeatTimeout = Annotated[
    float | None,
    _option("--heartbeat-timeout", "Time without a word from its worker until a task goes to another"),
]
ReviewTimeout = Annotated[float | None, _option("--review-timeout", "Longest wait for a person's decision")]
