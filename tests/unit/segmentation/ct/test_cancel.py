"""A cancel ends a run of ct-l3 in whatever part it is, at that part's next unit, with the real networks."""

from pathlib import Path
from typing import Any

import pytest

from radmesh import formats
from radmesh.samples.ct import write_study
from services.chassis.runner import CancelledRun, Progress, Work, WorkImage
from services.segmentation.ct import pipeline
from services.segmentation.ct.pipeline import LOCATE_MODEL, MEASURE_MODEL
from services.segmentation.ct.runner import CtL3Runner, create
from services.segmentation.ct.settings import CtSettings
from services.tasks.parameters import with_defaults
from tests.support.ct.archives import tar_gzipped
from tests.support.ct.models import MODELS, needs_ct_models

pytestmark = [needs_ct_models, pytest.mark.timeout(600), pytest.mark.xdist_group("ct-l3-cancel")]


@pytest.fixture(scope="module")
def runner() -> CtL3Runner:
    made = create(
        {
            "locate": str(MODELS / LOCATE_MODEL),
            "measure": str(MODELS / MEASURE_MODEL),
            "device": "cpu",
            "threads": 1,
            "least_confidence": 0.5,
        }
    )
    made.load()
    return made


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    packed = folder / "study.tar.gz"
    packed.write_bytes(tar_gzipped([path.read_bytes() for path in write_study(folder / "files")]))
    return packed


@pytest.mark.parametrize(
    ("part", "given"),
    [
        ("unpacking", {}),
        ("reading", {}),
        ("sampling", {}),
        ("locating", {}),
        ("drawing", {}),
        ("measuring", {"slice_range": "28:29"}),
        ("writing", {"slice_range": "28:28"}),
    ],
)
def test_it_ends_at_the_next_unit(runner: CtL3Runner, study: Path, part: str, given: dict[str, Any]) -> None:
    described = {one.name: one for one in pipeline.describe(CtSettings(), ()).parameters}
    image = WorkImage("images/study", formats.TAR_GZIP, study)
    work = Work("tasks/one", 1, "pipelines/ct-l3", with_defaults(given, described), (image,), "", "")
    told: list[Progress] = []
    with pytest.raises(CancelledRun):
        runner.run(work, told.append, lambda: any(one.stage == part for one in told))
    assert [one.stage for one in told].count(part) == 1
    assert told[-1].stage == part
