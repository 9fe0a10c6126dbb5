"""The filter of a list: what it can say, and that every term which cannot be used is named."""

from datetime import UTC, datetime

import pytest

from radmesh.errors import InvalidRequestError
from radmesh.tasks.v1.task_service_pb2 import ListTasksRequest
from services.tasks.filters import parse_filter, read_list
from services.tasks.lifecycle import State
from services.tasks.records import TaskFilter


def test_an_empty_filter_asks_for_everything() -> None:
    assert parse_filter("") == parse_filter("  ") == TaskFilter()


def test_all_terms_hold_together() -> None:
    found = parse_filter(
        "state=RUNNING AND pipeline=octa-vessels AND owner=alice AND labels.ward=west AND labels.note=a=b"
        " AND create_time>=2026-01-31T00:00:00Z AND create_time<2026-02-01T00:00:00+01:00"
    )
    assert found == TaskFilter(
        state=State.RUNNING,
        pipeline="octa-vessels",
        owner="alice",
        labels={"ward": "west", "note": "a=b"},
        create_from=datetime(2026, 1, 31, tzinfo=UTC),
        create_before=datetime(2026, 1, 31, 23, tzinfo=UTC),
    )


@pytest.mark.parametrize("text", ["pipeline=pipelines/ct-l3", "pipeline=ct-l3"])
def test_a_pipeline_is_given_by_name_or_id(text: str) -> None:
    assert parse_filter(text).pipeline == "ct-l3"


@pytest.mark.parametrize("text", ["state=QUEUED", "state=TASK_STATE_QUEUED"])
def test_a_state_is_given_with_or_without_its_prefix(text: str) -> None:
    assert parse_filter(text).state is State.QUEUED


@pytest.mark.parametrize(
    "text",
    [
        "state",
        "state=SLEEPING",
        "state=NONE",
        "state>=RUNNING",
        "owner>=alice",
        "pipeline=Not A Name",
        "labels=west",
        "labels.Ward=west",
        "labels.ward<west",
        "create_time=2026-01-31T00:00:00Z",
        "create_time>=yesterday",
        "create_time>=2026-01-31T00:00:00",
        "state=RUNNING OR state=QUEUED",
        "state=RUNNING AND state=QUEUED",
        "labels.ward=a AND labels.ward=b",
        "state=RUNNING AND ",
        f"labels.ward={'x' * 500}",
    ],
)
def test_a_term_that_cannot_be_used_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequestError):
        parse_filter(text)


def test_every_wrong_term_is_named() -> None:
    with pytest.raises(InvalidRequestError) as refused:
        parse_filter("state=SLEEPING AND pipeline=octa-vessels AND colour=blue")
    described = [violation.description for violation in refused.value.violations]
    assert [text.split(":")[0] for text in described] == ["`state=SLEEPING`", "`colour=blue`"]


def test_a_page_size_and_a_filter_that_break_their_rules_are_named_together() -> None:
    with pytest.raises(InvalidRequestError) as refused:
        read_list(ListTasksRequest(page_size=501, filter="colour=blue"))
    assert [violation.field for violation in refused.value.violations] == ["page_size", "filter"]
