"""Pages of lists that are ordered by name and held whole in memory."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import TypeVar

from radmesh.errors import InvalidRequestError, Violation

DEFAULT_PAGE_SIZE = 50
MAX_PAGE_SIZE = 500
Item = TypeVar("Item")


def size_violations(requested: int) -> list[Violation]:
    """What is wrong with a page size that was asked for; nothing when it keeps the rule."""
    if 0 <= requested <= MAX_PAGE_SIZE:
        return []
    return [Violation("page_size", f"must be from 0 to {MAX_PAGE_SIZE}")]


def page(
    items: Sequence[Item], key: Callable[[Item], str], requested_size: int, token: str
) -> tuple[Sequence[Item], str]:
    """A page of items sorted by key, and the token of the next page, empty on the last.

    Raises InvalidRequestError when the size or the token breaks its rule.
    """
    problems, after = size_violations(requested_size), _decode(token)
    if after is None:
        problems.append(Violation("page_token", "must be the next_page_token of the page before"))
    if problems or after is None:
        raise InvalidRequestError(problems)
    size = requested_size or DEFAULT_PAGE_SIZE
    rest = [item for item in items if key(item) > after]
    if len(rest) <= size:
        return rest, ""
    return rest[:size], base64.urlsafe_b64encode(key(rest[size - 1]).encode()).decode()


def _decode(token: str) -> str | None:
    """The key that a token stands for, empty for the first page; None when it is none of ours."""
    try:
        return base64.b64decode(token, altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError):
        return None
