"""Errors as a batch tells them, item by item."""

from radmesh.errors import InvalidRequestError, RadmeshError
from radmesh.tasks.v1.batch_service_pb2 import RequestError


def request_error(error: RadmeshError) -> RequestError:
    """What an RPC that ends with this error would say, as a message."""
    found = RequestError(
        code=int(error.code), reason=error.reason, message=error.message, metadata=error.metadata
    )
    if error.numeric_code is not None:
        found.metadata["code"] = str(int(error.numeric_code))
    if isinstance(error, InvalidRequestError):
        for violation in error.violations:
            found.field_violations.add(field=violation.field, description=violation.description)
    return found
