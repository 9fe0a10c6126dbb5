"""`make bench`: starts a mesh of its own, measures every figure and prints them as one table."""

import argparse
import asyncio
import gc
import tempfile
from pathlib import Path

from rich.console import Console

from bench.events import measure_events
from bench.figures import Figure, print_figures
from bench.overhead import measure_overhead
from bench.startup import measure_startup
from bench.steal import ProcessorTime
from bench.uploads import measure_uploads
from radmesh.mesh import SEGMENTATION, Mesh, MeshOptions, WorkerModule

_STEPS = WorkerModule("steps", "tests.support.steps_worker", "RADMESH_STEPS_")
_LARGE_UPLOADS = {"RADMESH_GATEWAY_MAX_UPLOAD_BYTES": str(1 << 30)}
_SECTIONS = ("startup", "overhead", "events", "uploads")


async def _measure_mesh(mesh: Mesh, folder: Path, wanted: set[str]) -> list[Figure]:
    figures: list[Figure] = []
    if "overhead" in wanted:
        figures += await measure_overhead(mesh, folder)
    # Tasks of a pipeline without a worker stay queued: their events come when the bench wants them.
    await asyncio.to_thread(mesh.process("steps").stop, 5.0)
    if "events" in wanted:
        figures.append(await measure_events(mesh))
    if "uploads" in wanted:
        figures += await measure_uploads(mesh)
    return figures


def _stolen_percent(begin: ProcessorTime) -> float:
    return 100 * ProcessorTime.now().stolen_since(begin)


def main() -> None:
    """Measures the sections named on the command line, all of them when none is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sections", nargs="*", help=f"of {', '.join(_SECTIONS)}")
    wanted = set(parser.parse_args().sections) or set(_SECTIONS)
    if unknown := wanted - set(_SECTIONS):
        parser.error(f"no such section: {', '.join(sorted(unknown))}")
    # This process holds the callers and watchers: its own collections must not be measured.
    gc.freeze()
    console = Console(stderr=True)
    console.print(f"Measuring {', '.join(sorted(wanted))}; this takes some minutes.")
    begin = ProcessorTime.now()
    figures = [measure_startup()] if "startup" in wanted else []
    with tempfile.TemporaryDirectory() as folder:
        options = MeshOptions(
            Path(folder) / "mesh", workers=(SEGMENTATION, _STEPS), environment=_LARGE_UPLOADS
        )
        with Mesh(options) as mesh:
            figures += asyncio.run(_measure_mesh(mesh, Path(folder), wanted))
    print_figures(figures)
    print(f"Processor time taken by other guests of the host meanwhile: {_stolen_percent(begin):.1f} %.")


if __name__ == "__main__":
    main()
