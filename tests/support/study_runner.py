"""The model of pipeline `study`: opens a CT and looks at every slice. No torch."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from google.protobuf import struct_pb2

from services.chassis.runner import CancelledRun, Progress, RunOutput, Work
from services.segmentation.ct.reading import CtLimits, open_ct
from tests.support.memory import peak_bytes

_REPORT_EACH = 50


class StudyRunner:
    """Tells how large a study is, what its values add up to, and what memory that has taken."""

    def load(self) -> str:
        """Needs nothing."""
        return "cpu"

    def run(self, work: Work, report: Callable[[Progress], None], cancelled: Callable[[], bool]) -> RunOutput:
        """Reads the first image, slice by slice."""
        path: Path = work.images[0].path
        report(Progress("reading", 0.0, 0, 1, "files"))
        image = open_ct(path, CtLimits())
        slices = image.geometry.shape[0]
        total = 0
        for number, plane in enumerate(image.each()):
            if cancelled():
                raise CancelledRun
            if number % _REPORT_EACH == 0:
                report(Progress("looking", number / slices, number, slices, "slices"))
            total += int(plane.sum(dtype="i8"))
        result = struct_pb2.Struct()
        rows, columns = image.geometry.shape[1:]
        result.update({"slices": slices, "rows": rows, "columns": columns, "sum_hu": total})
        result.update({"peak_bytes": peak_bytes(), "image_bytes": path.stat().st_size})
        return RunOutput(result)


def create(options: Mapping[str, Any]) -> StudyRunner:
    """The factory that the child calls."""
    return StudyRunner()
