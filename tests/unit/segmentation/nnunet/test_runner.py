"""What the runner of nnunet, and a direct call, refuse before a model is looked for."""

from pathlib import Path

import pytest

from radmesh.errors import InvalidRequestError, ModelNotFoundError
from radmesh.segmentation.v1.nnunet_service_pb2 import SegmentVolumeRequest
from services.chassis.runner import Work
from services.segmentation.nnunet.options import NnunetOptions
from services.segmentation.nnunet.runner import NnunetRunner
from services.segmentation.nnunet.servicer import request_violations


def run(folder: Path, folds: str) -> None:
    runner = NnunetRunner(NnunetOptions(str(folder), str(folder), "cpu", 1, 1 << 20, 9))
    parameters = {"configuration": "", "folds": folds, "mirroring": True, "tile_step": 0.5, "device": "auto"}
    runner.run(
        Work("tasks/one", 1, "pipelines/nnunet", parameters, (), "models/none", ""),
        lambda progress: None,
        lambda: False,
    )


@pytest.mark.parametrize("folds", ["0,0", "0, 1 ,0", "all,all"])
def test_a_fold_that_would_count_twice_is_refused(tmp_path: Path, folds: str) -> None:
    with pytest.raises(InvalidRequestError, match="must name each fold once") as caught:
        run(tmp_path, folds)
    assert [one.field for one in caught.value.violations] == ["parameters.folds"]
    request = SegmentVolumeRequest(images=[f"images/{'a' * 64}"], folds=folds.replace(" ", "").split(","))
    assert [one.field for one in request_violations(request)] == ["folds"]


@pytest.mark.parametrize("folds", ["", "0,1", "0,", "all"])
def test_folds_named_once_are_taken(tmp_path: Path, folds: str) -> None:
    with pytest.raises(ModelNotFoundError):
        run(tmp_path, folds)
