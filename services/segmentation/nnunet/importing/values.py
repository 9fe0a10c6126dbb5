"""Reads JSON that nobody vouches for, and collects what is wrong with its values. Pure."""

import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_SHOWN = 60


class JsonRefused(ValueError):
    """The bytes are no JSON object that could be meant; says why."""


def read_object(content: bytes) -> Mapping[str, Any]:
    """A JSON object. NaN, deep nesting and numbers of thousands of digits are refused with the rest."""
    try:
        found = json.loads(content, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise JsonRefused(f"is no JSON: {type(error).__name__}") from None
    if not isinstance(found, dict):
        raise JsonRefused("holds no object")
    return found


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")


def shown(value: object) -> str:
    """A value for a message, shortened, on one line."""
    text = value if isinstance(value, str) else repr(value)
    plain = "".join(one if one.isprintable() else "?" for one in text[: _SHOWN + 1])
    return plain[:_SHOWN] + ("…" if len(text) > _SHOWN else "")


def is_number(value: object) -> bool:
    """Whether it is a finite number, booleans aside."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


@dataclass
class Checks:
    """What is wrong, each with its path. The methods return whether a value is right."""

    problems: list[str] = field(default_factory=list)

    def say(self, path: str, problem: str) -> bool:
        """Notes a problem."""
        self.problems.append(f"{path} {problem}")
        return False

    def one_of(self, path: str, value: object, allowed: Collection[object]) -> bool:
        """A string, or None, among those."""
        if not isinstance(value, str | None) or value not in allowed:
            named = ", ".join(sorted(map(str, allowed)))
            return self.say(path, f"is {shown(value)}; served are {named}")
        return True

    def whole(self, path: str, value: object, least: int, most: int) -> bool:
        """A whole number within limits."""
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            return self.say(path, f"is {shown(value)}; it must be a whole number from {least} to {most}")
        return True

    def numbers(self, path: str, value: object, length: int, least: float, most: float) -> bool:
        """A list of that many numbers within limits."""
        right = isinstance(value, Sequence) and len(value) == length and not isinstance(value, str)
        if not right or not all(is_number(one) and least <= one <= most for one in value):  # type: ignore[attr-defined]
            what = f"it must be {length} numbers from {least:g} to {most:g}"
            return self.say(path, f"is {shown(value)}; {what}")
        return True

    def wholes(self, path: str, value: object, length: int, least: int, most: int, *, depth: int = 1) -> bool:
        """A whole number for all, or a list of that many; with depth 2 each may be a list of up to three."""
        if isinstance(value, int):
            return self.whole(path, value, least, most)
        if not isinstance(value, list) or len(value) != length:
            return self.say(path, f"is {shown(value)}; it must be {length} whole numbers")
        for one in value:
            if depth > 1 and isinstance(one, list) and 1 <= len(one) <= 3:
                if not self.wholes(path, one, len(one), least, most):
                    return False
            elif not self.whole(path, one, least, most):
                return False
        return True

    def scalars(self, path: str, value: object, allowed: Collection[str]) -> bool:
        """None, or a mapping of allowed names to numbers, booleans and None."""
        if value is None:
            return True
        if not isinstance(value, Mapping) or not value.keys() <= set(allowed):
            return self.say(path, f"is {shown(value)}; it may hold {', '.join(sorted(allowed))}")
        if not all(one is None or isinstance(one, bool) or is_number(one) for one in value.values()):
            return self.say(path, f"is {shown(value)}; its values must be numbers")
        return True
