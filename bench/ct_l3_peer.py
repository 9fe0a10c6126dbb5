"""ct-l3 on one study in a process of its own: `python -m bench.ct_l3_peer ARCHIVE`.

Prints, as JSON, the bytes that the process had with both models loaded, how far its peak rose above them, and
the seconds of the run.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

from radmesh import formats
from services.chassis.runner import RunOutput, StageOutput, Work, WorkImage
from services.segmentation.ct.pipeline import describe, read_manifests
from services.segmentation.ct.runner import CtL3Runner, create
from services.segmentation.ct.settings import CtSettings
from services.segmentation.families import ct_options
from services.segmentation.settings import SegmentationSettings
from services.tasks.parameters import with_defaults
from tests.support.memory import peak_bytes, resident_bytes


def _work(path: Path, settings: SegmentationSettings, **given: Any) -> Work:
    described = describe(CtSettings(), read_manifests(settings.models)).parameters
    parameters = with_defaults(given, {one.name: one for one in described})
    image = WorkImage("images/bench", formats.TAR, path)
    return Work("tasks/bench", 1, "pipelines/ct-l3", parameters, (image,), "", "")


def _run(runner: CtL3Runner, path: Path, settings: SegmentationSettings) -> None:
    """Both stages; the second by slices where the first would ask a person."""
    found = runner.run(_work(path, settings, auto_continue=True), lambda progress: None, lambda: False)
    if isinstance(found, StageOutput):
        location = found.result.location  # type: ignore[attr-defined]
        slices = f"{location.first_slice}:{location.last_slice}"
        work = _work(path, settings, slice_range=slices)
        found = runner.run(work, lambda progress: None, lambda: False)
    assert isinstance(found, RunOutput)


def main() -> None:
    """Measures the study that the command line names."""
    settings = SegmentationSettings(blobs="file:///", threads=2)
    runner = create(ct_options(settings).to_json())
    runner.load()
    before = resident_bytes()
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    begin = time.perf_counter()
    _run(runner, Path(sys.argv[1]), settings)
    seconds = time.perf_counter() - begin
    print(json.dumps({"before": before, "peak": peak_bytes() - before, "seconds": seconds}))


if __name__ == "__main__":
    main()
