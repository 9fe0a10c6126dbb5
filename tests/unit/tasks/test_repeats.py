"""What a repeated create is known by, when its pipeline is not."""

from typing import Any

import pytest

from services.tasks.repeats import read_repeat
from tests.unit.tasks.test_validation import SHA256, created, request


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"parameters": {"tiles": 2, "flip": True, "side": "left", "threshold": 1}},
        {"parameters": {"threshold": 0.25}, "labels": {"ward": "west"}, "priority": "TASK_PRIORITY_STAT"},
        {"timeouts": {"heartbeat_timeout": {"seconds": 9}}, "not_before_time": {"seconds": 5}},
    ],
)
def test_it_is_known_by_what_it_was_created_with(asked: dict[str, Any]) -> None:
    new, repeat = created(request(**asked)), read_repeat(request(**asked), "local", b"")
    assert repeat
    assert (repeat.request_id, repeat.fingerprint) == (new.request_id, new.fingerprint)


@pytest.mark.parametrize(
    "changed",
    [
        {"images": [f"images/{SHA256}", "images/nonsense"]},
        {"labels": {"Ward": "west"}},
        {"dedupe_key": "k" * 201},
        {"request_id": "1"},
    ],
)
def test_what_breaks_a_rule_of_its_own_was_never_accepted(changed: dict[str, Any]) -> None:
    assert read_repeat(request(**changed), "local", b"s") is None


def test_parameters_that_no_pipeline_takes_are_another_request() -> None:
    asked = [{}, {"threshold": []}, {"threshold": True}, {"threshold": "1"}, {"threshold": 1}, {"tiles": 1}]
    found = [read_repeat(request(parameters=parameters), "local", b"") for parameters in asked]
    assert len({one.fingerprint for one in found if one}) == len(asked)


def test_a_parameter_that_is_null_is_the_same_request_as_without_it() -> None:
    without, null = (
        read_repeat(request(parameters=given), "local", b"") for given in ({}, {"threshold": None})
    )
    assert null == without


def test_a_shorter_heartbeat_timeout_than_the_mesh_allows_by_now_is_no_rule_of_its_own() -> None:
    assert read_repeat(request(timeouts={"heartbeat_timeout": {"seconds": 1}}), "local", b"")
