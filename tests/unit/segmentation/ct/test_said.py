"""What a reviewer says of L3, and that the person is asked again where it cannot be."""

from pathlib import Path
from typing import Any

import pytest
from google.protobuf.any_pb2 import Any as AnyMessage
from PIL import Image

from radmesh import formats
from radmesh.errors import RadmeshError
from radmesh.segmentation.v1.ct_l3_pb2 import CtModel
from services.chassis.runner import AcceptedStage, AnswerRefused, WorkFile, WorkImage
from services.segmentation.ct import files
from services.segmentation.ct.locate.location import L3Location
from services.segmentation.ct.locate.pictures import picture_size
from services.segmentation.ct.parameters import read_parameters
from services.segmentation.ct.said import said_in_review
from services.segmentation.ct.stage_messages import plane_of, stage_message
from tests.support.ct.torso import Torso, torso_geometry
from tests.unit.segmentation.ct.test_ct_l3_values import location, parameters

STAGE = stage_message(location(), CtModel(part="locate"), 0.5)


def said(mask: Path | None = None, sagittal: Path | None = None, **given: Any) -> L3Location:
    media_type = files.PNG if mask and mask.suffix == ".png" else formats.NIFTI_GZIP
    replaced = {files.L3_MASK: WorkImage("images/mask", media_type, mask)} if mask else {}
    shown = {files.SAGITTAL: WorkFile("blobs/sagittal", files.PNG, sagittal)} if sagittal else {}
    accepted = AcceptedStage(AnyMessage(), shown, replaced)
    image = Torso(torso_geometry()).image
    return said_in_review(image, read_parameters(parameters(**given)), accepted, STAGE).location


def refusal(mask: Path | None = None, **given: Any) -> RadmeshError:
    with pytest.raises(AnswerRefused) as caught:
        said(mask, **given)
    return caught.value.error


def test_slices_that_are_not_there_are_asked_for_again(tmp_path: Path) -> None:
    sagittal = tmp_path / "sagittal.png"
    rows, columns = picture_size(plane_of(STAGE))
    Image.new("L", (columns, rows)).save(sagittal)
    for right in ("2:4", "4:2"):
        assert said(sagittal=sagittal, slice_range=right).covered.first == 1
    for wrong in ("2:99", "99:2", "0:2"):
        assert "the study has the slices 1 to 5." in refusal(slice_range=wrong).message


def test_a_mask_that_does_not_fit_is_asked_for_again(tmp_path: Path) -> None:
    mask = tmp_path / "mask.png"
    Image.new("L", (64, 64), 255).save(mask)
    refused = refusal(mask)
    assert (refused.reason, refused.metadata["size"]) == ("MASK_SIZE_MISMATCH", "64x64")


def test_a_mask_that_marks_nothing_is_asked_for_again(tmp_path: Path) -> None:
    mask = tmp_path / "mask.png"
    rows, columns = picture_size(plane_of(STAGE))
    Image.new("L", (columns, rows)).save(mask)
    assert refusal(mask).reason == "MASK_EMPTY"


def test_a_mask_beside_slices_is_asked_for_again(tmp_path: Path) -> None:
    assert "either a mask" in refusal(tmp_path / "mask.png", slice_range="2:4").message


@pytest.mark.parametrize("content", [b"", b"\x1f\x8b cut", b"no volume" * 99])
def test_a_volume_that_is_none_is_asked_for_again(tmp_path: Path, content: bytes) -> None:
    mask = tmp_path / "mask.nii.gz"
    mask.write_bytes(content)
    assert refusal(mask).reason in {"EMPTY_FILE", "FILE_UNREADABLE", "UNSUPPORTED_FORMAT"}
