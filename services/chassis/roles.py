"""Who has which role: told with the call by a trusted peer, else by a service's own setting."""

from collections.abc import Collection

from radmesh.errors import PermissionDeniedError
from services.chassis import principals
from services.chassis.principals import Principal

OPERATOR = "operator"
REVIEWER = "reviewer"
SUBMITTER = "submitter"
OPERATORS_SETTING = (
    "Principals that have the role `operator` though no role came with their call, joined by commas."
)


def named(setting: str) -> frozenset[str]:
    """The principals of a setting that joins them by commas."""
    return frozenset(name.strip() for name in setting.split(",") if name.strip())


def is_operator(principal: Principal, operators: Collection[str]) -> bool:
    """Whether a principal has the role `operator`.

    Roles that came with the call are all that its principal has; `operators` decides only where none came.
    """
    return OPERATOR in principal.roles if principal.roles else principal.name in operators


def require_operator(operators: Collection[str]) -> None:
    """Refuses the call that runs unless its principal is an operator.

    Raises PermissionDeniedError (ROLE_REQUIRED).
    """
    if not is_operator(principals.current(), operators):
        raise PermissionDeniedError(
            "This needs the role `operator`. Ask whoever runs this mesh.",
            reason="ROLE_REQUIRED",
            metadata={"role": OPERATOR},
        )


def is_reviewer(principal: Principal) -> bool:
    """Whether a principal may look at and decide on what waits for a review, whosever it is."""
    return REVIEWER in principal.roles


def tell_reviewer(reviewers: Collection[str]) -> None:
    """Tells the next hop that the call that runs is made for a reviewer, if it is and came without roles."""
    caller = principals.current()
    if not caller.roles and caller.name in reviewers:
        principals.enter(Principal(caller.name, frozenset({REVIEWER, SUBMITTER})))


def tell_roles(operators: Collection[str]) -> None:
    """Makes the next hop believe what this door decides about the call that runs, whatever its own setting.

    The next hop refuses, not this one: only there the refusal leaves an audit record.
    """
    caller = principals.current()
    if not caller.roles:
        role = OPERATOR if is_operator(caller, operators) else SUBMITTER
        principals.enter(Principal(caller.name, frozenset({role})))
