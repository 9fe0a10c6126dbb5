"""What every servicer checks at the edge: resource names and cursors."""

from typing import Any

import grpc

from radmesh import names
from radmesh.errors import InvalidRequestError, Violation

Context = grpc.aio.ServicerContext[Any, Any]


def read_name(collection: str, name: str) -> str:
    """The id in a resource name. Raises InvalidRequestError when it is not a name of that collection."""
    found = names.parse(collection, name)
    if found is None:
        raise InvalidRequestError([Violation("name", names.rule(collection))])
    return found[0]


def check_watch(collection: str, name: str, after: int | None) -> None:
    """Raises InvalidRequestError when a watch names nothing of its collection, or a cursor that cannot be."""
    found = []
    if names.parse(collection, name) is None:
        found.append(Violation("name", names.rule(collection)))
    if after is not None and after < 0:
        found.append(Violation("after_sequence", "must not be negative"))
    if found:
        raise InvalidRequestError(found)
