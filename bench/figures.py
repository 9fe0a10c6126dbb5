"""A measured figure beside what it must and what it should be, and the table of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Figure:
    """One measured value and its two bounds, all in `unit`.

    at_least, aim: the bounds. more_is_better: whether a value above a bound meets it. detail: how it was
    measured, with the numbers behind a ratio.
    """

    what: str
    value: float
    unit: str
    at_least: float
    aim: float
    more_is_better: bool = False
    detail: str = ""

    @property
    def verdict(self) -> str:
        """`aim`, `at least` or `SHORT`: which bound the value meets."""
        if self._meets(self.aim):
            return "aim"
        return "at least" if self._meets(self.at_least) else "SHORT"

    def _meets(self, bound: float) -> bool:
        return self.value >= bound if self.more_is_better else self.value <= bound


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0 to 1) of the values lie, nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def print_figures(figures: Sequence[Figure]) -> None:
    """Prints the table of all figures to the terminal."""
    table = Table(title="make bench")
    for column in ("what", "at least", "aim", "measured", "meets", "how"):
        table.add_column(column, justify="right" if column in {"at least", "aim", "measured"} else "left")
    for one in figures:
        bounds = [f"{bound:g} {one.unit}".strip() for bound in (one.at_least, one.aim)]
        table.add_row(one.what, *bounds, f"{one.value:.3g} {one.unit}".strip(), one.verdict, one.detail)
    Console(width=150).print(table)
