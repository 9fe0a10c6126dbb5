"""`make bench`: measures every figure on meshes of its own and prints them as one table."""

import argparse
import asyncio
import gc
import tempfile
from pathlib import Path

from rich.console import Console

from bench.figures import Figure, print_figures
from bench.sections import SECTIONS
from bench.steal import ProcessorTime


async def _measure(wanted: set[str], console: Console) -> list[Figure]:
    figures: list[Figure] = []
    for name, section in SECTIONS.items():
        if name in wanted:
            console.print(f"Measuring {name}…")
            with tempfile.TemporaryDirectory(prefix="radmesh-bench-") as folder:
                figures += await section(Path(folder))
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
    # This process holds the callers and watchers: its own collections must not be measured.
    gc.freeze()
    begin = ProcessorTime.now()
    figures = asyncio.run(_measure(wanted, Console(stderr=True)))
    print_figures(figures)
    print(f"Processor time taken by other guests of the host meanwhile: {_stolen_percent(begin):.1f} %.")


if __name__ == "__main__":
    main()
