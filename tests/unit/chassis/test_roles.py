"""Who is an operator, and what the next hop is told of it."""

import contextvars

import pytest

from radmesh.errors import PermissionDeniedError
from services.chassis import principals, roles
from services.chassis.principals import LOCAL, Principal


@pytest.mark.parametrize(
    ("principal", "operators", "expected"),
    [
        (LOCAL, {"local"}, True),
        (LOCAL, set(), False),
        (Principal("alice"), {"local"}, False),
        (Principal("alice"), {"bob", "alice"}, True),
        (Principal("alice", frozenset({"operator", "viewer"})), set(), True),
        # Whoever told the roles knows better than the setting.
        (Principal("alice", frozenset({"viewer"})), {"alice"}, False),
    ],
)
def test_roles_that_came_with_a_call_decide_and_else_the_setting(
    principal: Principal, operators: set[str], expected: bool
) -> None:
    assert roles.is_operator(principal, operators) is expected


def test_a_refusal_names_the_role() -> None:
    with pytest.raises(PermissionDeniedError) as caught:
        roles.require_operator(frozenset())
    assert (caught.value.reason, caught.value.metadata) == ("ROLE_REQUIRED", {"role": "operator"})


@pytest.mark.parametrize(("operators", "told"), [({"local"}, "operator"), (set(), "submitter")])
def test_a_door_decides_for_the_next_hop(operators: set[str], told: str) -> None:
    def call() -> Principal:
        roles.tell_roles(operators)
        return principals.current()

    caller = contextvars.copy_context().run(call)
    assert caller == Principal("local", frozenset({told}))
    assert roles.is_operator(caller, {"local"}) is (told == "operator")


def test_a_setting_names_principals_joined_by_commas() -> None:
    assert roles.named(" local, alice@ward ,") == {"local", "alice@ward"}
    assert roles.named("") == frozenset()


@pytest.mark.parametrize(
    ("caller", "told"),
    [
        (Principal("carol"), True),
        (Principal("bob"), False),
        (Principal("carol", frozenset({"viewer"})), False),
        (Principal("bob", frozenset({"reviewer"})), True),
    ],
)
def test_a_door_names_reviewers_of_whom_no_role_came(caller: Principal, told: bool) -> None:
    def call() -> Principal:
        principals.enter(caller)
        roles.tell_reviewer({"carol"})
        return principals.current()

    assert roles.is_reviewer(contextvars.copy_context().run(call)) is told
