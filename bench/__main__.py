"""`make bench`: measures every figure on meshes of its own and prints them as one table."""

import argparse
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

from rich.console import Console

from bench.figures import Figure, print_figures
from bench.sections import SECTIONS, measure
from bench.steal import ProcessorTime


def _measure_all(wanted: set[str], console: Console) -> list[Figure]:
    """The figures of all sections, in their order.

    A process that lived through one section is another caller than a fresh one: its allocator has learnt to
    keep freed megabytes, which alone makes it send twice as fast.
    """
    figures: list[Figure] = []
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=fresh, max_tasks_per_child=1) as processes:
        for section in SECTIONS:
            if section in wanted:
                console.print(f"Measuring {section}…")
                figures += processes.submit(measure, section).result()
    return figures


def _stolen_percent(begin: ProcessorTime) -> float:
    return 100 * ProcessorTime.now().stolen_since(begin)


def main() -> None:
    """Measures the sections named on the command line, all of them when none is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sections", nargs="*", help=f"of {', '.join(SECTIONS)}")
    wanted = set(parser.parse_args().sections) or set(SECTIONS)
    if unknown := wanted - set(SECTIONS):
        parser.error(f"no such section: {', '.join(sorted(unknown))}")
    begin = ProcessorTime.now()
    figures = _measure_all(wanted, Console(stderr=True))
    print_figures(figures)
    print(f"Processor time taken by other guests of the host meanwhile: {_stolen_percent(begin):.1f} %.")


if __name__ == "__main__":
    main()
