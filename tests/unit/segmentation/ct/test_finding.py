"""The pictures of stage 1 tell a reviewer which of several series is shown."""

import io
from dataclasses import replace
from typing import Any, cast

import numpy as np
from PIL import Image

from radmesh.segmentation.v1.ct_l3_pb2 import CtModel
from services.segmentation.ct import files
from services.segmentation.ct.course import Course
from services.segmentation.ct.finding import find_l3
from services.segmentation.ct.networks import PartNetwork
from services.segmentation.ct.reading import CtImage, LeftOut, Making
from services.segmentation.pictures.notice import NOTICE, notice_strip
from tests.support.ct.spines import Study, Torso, oracle

OTHERS = (LeftOut("series 4", 60, is_ct=True),)


class Oracle:
    """In the place of the network: it knows."""

    seconds = 0.0

    def probabilities(self, image: np.ndarray) -> np.ndarray:
        return oracle(image)

    def message(self) -> CtModel:
        return CtModel()


def pictures(image: CtImage) -> dict[str, bytes]:
    course = Course(lambda progress: None, lambda: False)
    found = find_l3(image, cast(PartNetwork, Oracle()), course)
    return {one.file_name: one.content for one in found.files}


def pixels(content: bytes) -> np.ndarray:
    picture: Any = Image.open(io.BytesIO(content))
    assert picture.text["Disclaimer"] == NOTICE
    return np.asarray(picture)


def test_the_overlay_says_which_of_several_series_is_shown_and_nothing_else_changes() -> None:
    alone = replace(Study().of(Torso()), making=Making(series=3))
    plain, told = pictures(alone), pictures(replace(alone, left_out=OTHERS))
    assert plain[files.SAGITTAL] == told[files.SAGITTAL]
    assert plain[files.L3_MASK] == told[files.L3_MASK]
    before, after = pixels(plain[files.L3_OVERLAY]), pixels(told[files.L3_OVERLAY])
    assert before.shape == after.shape
    rows, columns = np.nonzero((before != after).any(2))
    strip = notice_strip(before.shape[1]).shape[0]
    assert rows.max() - rows.min() > 20
    assert rows.max() < before.shape[0] - strip
    # Not over the spine.
    assert columns.max() < before.shape[1] * 0.6
