"""Writes `lua/prelude.lua` from the lifecycle: `python -m services.tasks.prelude`."""

from pathlib import Path

from services.tasks import lifecycle
from services.tasks.lifecycle import Cause, Decision, State

PATH = Path(__file__).parent / "lua" / "prelude.lua"


def generate() -> str:
    """The lifecycle's tables as Lua."""
    sections = [
        "-- Generated from lifecycle.py by `python -m services.tasks.prelude`; not to be edited.",
        _table("STATE", [f"{state.name} = {state.value}," for state in State]),
        _table("REVIEW", [f"{decision.name} = {decision.value}," for decision in Decision]),
        _table("TERMINAL", [f"[{state.value}] = true," for state in sorted(lifecycle.TERMINAL)]),
        _table("LEASED", [f"[{state.value}] = true," for state in sorted(lifecycle.LEASED)]),
        "-- By state and cause: the next state.\n" + _table("TRANSITIONS", list(map(_transitions, State))),
        _table("RETRIES", [_retry(cause, retry) for cause, retry in lifecycle.RETRIES.items()]),
    ]
    return "\n".join(sections) + "\n"


def _table(name: str, lines: list[str]) -> str:
    return "\n".join([f"local {name} = {{", *(f"  {line}" for line in lines), "}"])


def _transitions(state: State) -> str:
    causes = [
        f"{cause.value} = {target.value}"
        for (source, cause), target in lifecycle.TRANSITIONS.items()
        if source is state
    ]
    return f"[{state.value}] = {{ {', '.join(causes)} }},"


def _retry(cause: Cause, retry: lifecycle.Retry) -> str:
    return (
        f"{cause.value} = {{ counts = {str(retry.counts).lower()}, backoff_ms = {retry.backoff_ms}, "
        f"backoff_limit_ms = {retry.backoff_limit_ms}, first_at_once = {str(retry.first_at_once).lower()}, "
        f'limit = {retry.limit}, limit_reason = "{retry.limit_reason}" }},'
    )


if __name__ == "__main__":
    PATH.write_text(generate())
