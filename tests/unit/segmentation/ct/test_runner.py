"""What the runner of ct-l3 refuses before a network has worked or a person has looked."""

from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest

from radmesh import formats
from radmesh.errors import ImageFormatError
from services.chassis.runner import Work, WorkImage
from services.segmentation.ct import pipeline
from services.segmentation.ct.runner import CtL3Runner, create
from services.segmentation.ct.settings import CtSettings
from services.tasks.parameters import with_defaults
from tests.support.ct.archives import tarred
from tests.support.ct.encoding import file_bytes
from tests.support.ct.series import ct_series


@pytest.fixture
def runner() -> CtL3Runner:
    """One whose networks are not loaded, so that it cannot come to use them."""
    return create({"locate": "", "measure": "", "device": "cpu", "threads": 1, "least_confidence": 0.5})


def run(runner: CtL3Runner, path: Path, media_type: str, **given: Any) -> None:
    described = {one.name: one for one in pipeline.describe(CtSettings(), ()).parameters}
    image = WorkImage("images/study", media_type, path)
    work = Work("tasks/one", 1, "pipelines/ct-l3", with_defaults(given, described), (image,), "", "")
    runner.run(work, lambda progress: None, lambda: False)


def test_a_height_in_centimetres_is_refused_before_anybody_looks(runner: CtL3Runner, tmp_path: Path) -> None:
    series = ct_series(np.full((4, 8, 8), -1000, np.int16), PatientSize="168")
    path = tmp_path / "study.tar"
    path.write_bytes(tarred([file_bytes(one) for one in series]))
    with pytest.raises(ImageFormatError) as caught:
        run(runner, path, formats.TAR)
    assert caught.value.reason == "HEIGHT_IMPLAUSIBLE"
    # A right one by parameter heals it; then the networks are asked for.
    with pytest.raises(RuntimeError, match="load comes before run"):
        run(runner, path, formats.TAR, height_m=1.68)


def test_oblique_slices_are_refused_before_anybody_looks(runner: CtL3Runner, tmp_path: Path) -> None:
    sine, cosine = np.sin(np.radians(40)), np.cos(np.radians(40))
    affine = np.array([[-1, 0, 0, 0], [0, -cosine, sine, 0], [0, sine, cosine, 0], [0, 0, 0, 1.0]])
    path = tmp_path / "study.nii"
    made: Any = nibabel.Nifti1Image
    made(np.zeros((8, 8, 8), np.int16), affine).to_filename(path)
    with pytest.raises(ImageFormatError) as caught:
        run(runner, path, formats.NIFTI)
    assert caught.value.reason == "NOT_AXIAL"
