"""The one place where errors become gRPC statuses, and statuses errors again."""

from collections.abc import Iterable
from typing import Any

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from radmesh import errors

_DETAILS_KEY = "grpc-status-details-bin"
_STATUS_CODES = {code.value[0]: code for code in grpc.StatusCode}


def status_code(error: errors.RadmeshError) -> grpc.StatusCode:
    """The gRPC status code of an error."""
    return _STATUS_CODES[error.code]


def to_status(error: errors.RadmeshError) -> status_pb2.Status:
    """An error as `google.rpc.Status`: one ErrorInfo, plus BadRequest and RetryInfo where they apply."""
    metadata = dict(error.metadata)
    if error.numeric_code is not None:
        metadata["code"] = str(int(error.numeric_code))
    details: list[any_pb2.Any] = [
        _pack(error_details_pb2.ErrorInfo(reason=error.reason, domain=errors.DOMAIN, metadata=metadata))
    ]
    if isinstance(error, errors.InvalidRequestError):
        bad_request = error_details_pb2.BadRequest()
        for violation in error.violations:
            bad_request.field_violations.add(field=violation.field, description=violation.description)
        details.append(_pack(bad_request))
    if error.retry_after is not None:
        delay = duration_pb2.Duration(nanos=int(error.retry_after % 1 * 1e9), seconds=int(error.retry_after))
        details.append(_pack(error_details_pb2.RetryInfo(retry_delay=delay)))
    return status_pb2.Status(code=int(error.code), message=error.message, details=details)


def trailing_metadata(error: errors.RadmeshError) -> tuple[tuple[str, bytes], ...]:
    """The trailing metadata that carries the details of an error, as gRPC's rich error model has it."""
    return ((_DETAILS_KEY, to_status(error).SerializeToString()),)


def from_rpc_error(error: grpc.RpcError) -> errors.RadmeshError:
    """The error that a server raised, of the same class; a plain status becomes the nearest class.

    error: what a call of grpc or grpc.aio raised.
    """
    code = errors.Code(error.code().value[0])
    details = _details(error.trailing_metadata() or ())
    status = status_pb2.Status.FromString(details) if details else status_pb2.Status()
    info, violations, retry_after = _read(status.details)
    message = status.message or error.details() or code.name
    if info.reason == errors.InvalidRequestError.reason:
        return errors.InvalidRequestError(violations or [errors.Violation("request", message)])
    metadata = {key: value for key, value in info.metadata.items() if key != "code"}
    found = _class_of(code, info.reason)(
        message, reason=info.reason or None, metadata=metadata, retry_after=retry_after
    )
    found.code = code
    if "code" in info.metadata and info.metadata["code"].isdigit():
        found.numeric_code = _numeric(int(info.metadata["code"]))
    return found


def _pack(message: Message) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(message)
    return packed


def _details(metadata: Iterable[Any]) -> bytes:
    for key, value in metadata:
        if key == _DETAILS_KEY:
            return value if isinstance(value, bytes) else value.encode()
    return b""


def _read(
    details: Iterable[any_pb2.Any],
) -> tuple[error_details_pb2.ErrorInfo, list[errors.Violation], float | None]:
    info, bad_request, retry = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest(), None
    for detail in details:
        if detail.Is(error_details_pb2.RetryInfo.DESCRIPTOR):
            found = error_details_pb2.RetryInfo()
            detail.Unpack(found)
            retry = found.retry_delay.seconds + found.retry_delay.nanos / 1e9
        elif not detail.Unpack(info):
            detail.Unpack(bad_request)
    violations = [errors.Violation(one.field, one.description) for one in bad_request.field_violations]
    return info, violations, retry


def _numeric(value: int) -> errors.NumericCode | None:
    try:
        return errors.NumericCode(value)
    except ValueError:
        return None


def _class_of(code: errors.Code, reason: str) -> type[errors.RadmeshError]:
    """The class with this reason, else the first one with this code, else the base."""
    nearest: type[errors.RadmeshError] | None = None
    queue: list[type[errors.RadmeshError]] = [errors.RadmeshError]
    while queue:
        candidate = queue.pop(0)
        if candidate is not errors.InvalidRequestError and candidate.code == code:
            if candidate.reason == reason:
                return candidate
            nearest = nearest or candidate
        queue.extend(candidate.__subclasses__())
    return nearest or errors.RadmeshError
