"""How messages name slices: `instances 57, 58 and 61–70`, never a file's name, which may be a patient's."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

INSTANCE = "instance"
"""The noun of what has an instance number."""

MOST_RANGES = 6
"""A message names this many ranges of numbers; the rest is counted."""

_MOST_CHARACTERS = 500
"""Of a value in an error's metadata; the mesh cuts a longer one (services/chassis/outcome_limits.py)."""


@dataclass(frozen=True, slots=True)
class SliceName:
    """What a person at the scanner finds a slice by: `instance 57`, `frame 12`, or `file 3` of the upload."""

    noun: str
    number: int

    def __str__(self) -> str:
        return f"{self.noun} {self.number}"


def named(slices: Iterable[SliceName]) -> str:
    """All of them in one phrase: `instances 57–60 and 71`."""
    by_noun: dict[str, list[int]] = {}
    for one in slices:
        by_noun.setdefault(one.noun, []).append(one.number)
    phrases = []
    for noun, numbers in by_noun.items():
        phrases.append(f"{noun if len(numbers) == 1 else noun + 's'} {ranges(numbers)}")
    return ", ".join(phrases)


def ranges(numbers: Iterable[int]) -> str:
    """Numbers in order, neighbours joined, a long list cut: `1–4, 7 and 9`."""
    ordered = sorted(set(numbers))
    found: list[list[int]] = []
    for number in ordered:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    parts: list[str] = []
    for first, last in found[:MOST_RANGES]:
        if last - first >= 2:
            parts.append(f"{first}–{last}")
        else:
            parts += [str(number) for number in range(first, last + 1)]
    left = sum(last - first + 1 for first, last in found[MOST_RANGES:])
    return joined([*parts, f"{left} more"] if left else parts)


def listed(numbers: Iterable[int]) -> str | None:
    """Numbers for a program, `57,58`; None where they are too many for an error to be kept with all."""
    text = ",".join(map(str, numbers))
    return text if len(text) <= _MOST_CHARACTERS else None


def joined(parts: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else "".join(parts)


def counted(number: int, noun: str) -> str:
    """`1 slice`, `12 slices`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def mm(value: float) -> str:
    """A length or position as the console of a scanner shows it: `112.5 mm`."""
    return f"{round(value, 2) + 0.0:g} mm"
