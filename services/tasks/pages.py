"""Pages of lists that are ordered by name and held whole in memory."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import TypeVar

from radmesh.errors import InvalidRequestError, Violation

DEFAULT_PAGE_SIZE = 50
MAX_PAGE_SIZE = 500
Item = TypeVar("Item")


def page_size(requested: int) -> int:
    """The page size to use. Raises InvalidRequestError."""
    if not 0 <= requested <= MAX_PAGE_SIZE:
        raise InvalidRequestError([Violation("page_size", f"must be from 0 to {MAX_PAGE_SIZE}")])
    return requested or DEFAULT_PAGE_SIZE


def page(
    items: Sequence[Item], key: Callable[[Item], str], requested_size: int, token: str
) -> tuple[Sequence[Item], str]:
    """A page of items sorted by key, and the token of the next page, empty on the last.

    Raises InvalidRequestError when the size or the token breaks its rule.
    """
    size = page_size(requested_size)
    after = _decode(token) if token else ""
    rest = [item for item in items if key(item) > after]
    if len(rest) <= size:
        return rest, ""
    return rest[:size], base64.urlsafe_b64encode(key(rest[size - 1]).encode()).decode()


def _decode(token: str) -> str:
    try:
        return base64.b64decode(token, altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError):
        raise InvalidRequestError([Violation("page_token", "is not a token of this list")]) from None
