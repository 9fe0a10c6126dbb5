"""Who a call is made for. Every call has a principal; every resource has an owner."""

import re
from contextvars import ContextVar
from dataclasses import dataclass

from radmesh.errors import InvalidRequestError, Violation

PRINCIPAL_KEY = "radmesh-principal"
ROLES_KEY = "radmesh-roles"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,127}")
_ROLES = re.compile(r"([a-z]{1,32}(,[a-z]{1,32}){0,15})?")


@dataclass(frozen=True)
class Principal:
    """A caller: its name, which is the owner of what it creates, and what it may do."""

    name: str
    roles: frozenset[str] = frozenset()


LOCAL = Principal("local")
_current: ContextVar[Principal] = ContextVar("radmesh_principal", default=LOCAL)


def current() -> Principal:
    """The principal of the call that runs; `local` outside of calls and where nobody was named."""
    return _current.get()


def enter(principal: Principal) -> None:
    """Makes a principal the current one for the rest of this asyncio task."""
    _current.set(principal)


def from_metadata(name: str | None, roles: str | None) -> Principal:
    """The principal that a call's metadata names.

    roles: names joined by commas. Raises InvalidRequestError on a name that could not be an owner's.
    """
    if name is None and not roles:
        return LOCAL
    violations = []
    if name is not None and not _NAME.fullmatch(name):
        violations.append(Violation(f"metadata.{PRINCIPAL_KEY}", "at most 128 of A-Z a-z 0-9 . _ @ -"))
    if not _ROLES.fullmatch(roles or ""):
        violations.append(Violation(f"metadata.{ROLES_KEY}", "at most 16 lower-case words joined by commas"))
    if violations:
        raise InvalidRequestError(violations)
    return Principal(name or LOCAL.name, frozenset(roles.split(",")) if roles else frozenset())


def to_metadata(principal: Principal) -> tuple[tuple[str, str], ...]:
    """What a call to the next hop carries for a principal."""
    named = ((PRINCIPAL_KEY, principal.name),)
    if not principal.roles:
        return named
    return (*named, (ROLES_KEY, ",".join(sorted(principal.roles))))
