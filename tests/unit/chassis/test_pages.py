"""Pages of lists that are ordered by name."""

import pytest

from radmesh.errors import InvalidRequestError
from services.chassis.pages import page

NAMES = [f"name-{number}" for number in range(7)]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 500])
def test_pages_hold_everything_once_and_in_order(size: int) -> None:
    found, token = page(NAMES, str, size, "")
    everything = list(found)
    while token:
        found, token = page(NAMES, str, size, token)
        everything += found
    assert everything == NAMES


def test_a_list_that_changes_between_pages_repeats_nothing() -> None:
    first, token = page(NAMES, str, 3, "")
    rest, _ = page([name for name in NAMES if name != first[-1]], str, 0, token)
    assert list(rest) == NAMES[3:]


@pytest.mark.parametrize(("size", "token"), [(-1, ""), (501, ""), (1, "?"), (1, "/w==")])
def test_a_size_or_token_that_breaks_its_rule_is_refused(size: int, token: str) -> None:
    with pytest.raises(InvalidRequestError):
        page(NAMES, str, size, token)


def test_a_size_and_a_token_that_break_their_rules_are_named_together() -> None:
    with pytest.raises(InvalidRequestError) as refused:
        page(NAMES, str, 501, "?")
    assert [one.field for one in refused.value.violations] == ["page_size", "page_token"]
