"""Stage 2 says the same in its document as in its typed result."""

import json
from dataclasses import replace
from typing import Any, cast

import numpy as np

from radmesh.segmentation.v1.ct_l3_pb2 import CtL3Result, CtModel
from services.segmentation.ct import files
from services.segmentation.ct.course import Course
from services.segmentation.ct.locate.location import Covered, L3Location, Source
from services.segmentation.ct.measure import MeasureOptions, Network
from services.segmentation.ct.measured import Measuring, measured
from services.segmentation.ct.networks import PartNetwork
from tests.support.ct.torso import Torso, torso_geometry
from tests.unit.segmentation.ct.test_ct_l3_values import location

LOCATE = CtModel(part="locate", model="models/locate", weights="w", weights_digest="sha256:00")


class Outliner:
    """In the place of the network: it knows."""

    seconds = 0.0

    def __init__(self, network: Network) -> None:
        self._network = network

    def scores(self, image: np.ndarray) -> np.ndarray:
        return self._network(image)

    def message(self) -> CtModel:
        return CtModel(part="measure", model="models/measure")


def result_and_document(found: L3Location, model: CtModel | None) -> tuple[CtL3Result, dict[str, Any]]:
    torso = Torso(torso_geometry(9, low_mm=-20.0))
    network = cast(PartNetwork, Outliner(torso.network()))
    measuring = Measuring(torso.image, found, MeasureOptions(), network, "0.1.0", model)
    result, written = measured(measuring, Course(lambda progress: None, lambda: False), 0.1)
    content = next(one.content for one in written if one.file_name == files.RESULT.file_name)
    return result, json.loads(content)


def test_the_document_says_where_l3_is_who_found_it_and_how_sure_that_is() -> None:
    found = replace(location(), low_mm=-11.0, high_mm=11.0, centre_mm=(0.0, 60.0, 1 / 3))
    result, document = result_and_document(found, LOCATE)
    assert document["location"] == {
        "source": "L3_LOCATION_SOURCE_MODEL",
        "level_mm": 0.333,
        "low_mm": -11.0,
        "high_mm": 11.0,
        "centre_x_mm": 0.0,
        "centre_y_mm": 60.0,
        "first_slice": 30,
        "last_slice": 36,
        "first_instance_number": 39,
        "last_instance_number": None,
        "middle_slice": 33,
        "middle_instance_number": 36,
        "confidence": 0.42,
        "doubts": [
            {"kind": "LEVEL_UNANCHORED", "message": "neither sacrum nor rib", "numbers": {"factor": 0.4}}
        ],
        "sacrum_in_view": True,
        "last_rib_in_view": False,
    }
    assert [one.part for one in result.models] == ["locate", "measure"]
    assert [one["part"] for one in document["models"]] == ["locate", "measure"]
    assert document["models"][0]["weights_digest"] == "sha256:00"


def test_the_document_says_that_a_person_named_the_slices() -> None:
    named = L3Location(Source.SLICES, (0.0, 60.0, 0.0), -11.0, 11.0, Covered(2, 6, 4, None, None, None), 1.0)
    result, document = result_and_document(named, None)
    assert document["location"]["source"] == "L3_LOCATION_SOURCE_SLICES"
    assert document["location"]["doubts"] == []
    assert document["location"]["first_instance_number"] is None
    assert [one["part"] for one in document["models"]] == [one.part for one in result.models] == ["measure"]
