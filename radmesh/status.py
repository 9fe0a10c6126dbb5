"""The one place where errors become gRPC statuses, and statuses errors again."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from radmesh import errors

_DETAILS_KEY = "grpc-status-details-bin"
# A receiver may drop an RPC whose metadata is over 8 KiB (grpc.max_metadata_size). The message travels twice,
# once percent-encoded, and the details in Base64, so this much of each is sure to fit.
_MESSAGE_BYTES = 500
_VIOLATIONS_BYTES = 3000
# How gRPC's core words it, of what is sent and of what is received.
_TOO_LARGE = "message larger than max"
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
        for violation in _fitting(error.violations):
            bad_request.field_violations.add(field=violation.field, description=violation.description)
        details.append(_pack(bad_request))
    if error.retry_after is not None:
        delay = duration_pb2.Duration(nanos=int(error.retry_after % 1 * 1e9), seconds=int(error.retry_after))
        details.append(_pack(error_details_pb2.RetryInfo(retry_delay=delay)))
    return status_pb2.Status(
        code=int(error.code), message=_cut(error.message, _MESSAGE_BYTES), details=details
    )


def trailing_metadata(status: status_pb2.Status) -> tuple[tuple[str, bytes], ...]:
    """The trailing metadata that carries a status with its details, as gRPC's rich error model has it."""
    return ((_DETAILS_KEY, status.SerializeToString()),)


def has_details(error: grpc.RpcError) -> bool:
    """Whether a status carries our details, and so was meant by a service, not made up by gRPC."""
    return bool(_details(error.trailing_metadata() or ()))


def from_rpc_error(error: grpc.RpcError) -> errors.RadmeshError:
    """The error that a server raised, of the same class; a plain status becomes the nearest class.

    error: what a call of grpc or grpc.aio raised.
    """
    code = errors.Code(error.code().value[0])
    details = _details(error.trailing_metadata() or ())
    status = status_pb2.Status.FromString(details) if details else status_pb2.Status()
    info, violations, retry_after = _read(status.details)
    message = status.message or error.details() or code.name
    if not details and code is errors.Code.RESOURCE_EXHAUSTED and _TOO_LARGE in message:
        return errors.ExhaustedError(
            f"A message is longer than gRPC lets through. Send less at once, a batch in parts. ({message})",
            reason="MESSAGE_TOO_LARGE",
        )
    return error_of(code, info.reason, message, info.metadata, violations=violations, retry_after=retry_after)


def error_of(
    code: errors.Code,
    reason: str,
    message: str,
    metadata: Mapping[str, str],
    *,
    violations: Sequence[errors.Violation] = (),
    retry_after: float | None = None,
) -> errors.RadmeshError:
    """The error of the class that these say. metadata: with the numeric code, where there is one."""
    rest = dict(metadata)
    numeric_code = _numeric(rest.pop("code", ""))
    found_class = _class_of(code, reason, numeric_code)
    if found_class is errors.InvalidRequestError:
        return errors.InvalidRequestError(violations or [errors.Violation("request", message)])
    reason = reason or (code.name if found_class is errors.RadmeshError else found_class.reason)
    found = found_class(message, reason=reason, metadata=rest, retry_after=retry_after)
    found.code, found.numeric_code = code, numeric_code
    return found


def _pack(message: Message) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(message)
    return packed


def _cut(text: str, limit: int) -> str:
    encoded = text.encode()
    return text if len(encoded) <= limit else encoded[: limit - 3].decode(errors="ignore") + "…"


def _fitting(violations: Sequence[errors.Violation]) -> list[errors.Violation]:
    """As many violations as fit into a status, and how many more there are."""
    kept: list[errors.Violation] = []
    left = _VIOLATIONS_BYTES
    for violation in violations:
        cut = errors.Violation(_cut(violation.field, 200), _cut(violation.description, 300))
        left -= len(cut.field.encode()) + len(cut.description.encode()) + 8
        if left < 0:
            kept.append(
                errors.Violation("request", f"{len(violations) - len(kept)} more fields break their rules")
            )
            break
        kept.append(cut)
    return kept


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


def _numeric(value: str) -> errors.NumericCode | None:
    try:
        return errors.NumericCode(int(value))
    except ValueError:
        return None


def _class_of(
    code: errors.Code, reason: str, numeric_code: errors.NumericCode | None
) -> type[errors.RadmeshError]:
    """The class of this code and reason; else the first of this code and numeric code; else of this code.

    A class that serves several reasons, such as ImageFormatError, is found by its numeric code.
    """
    same_code = [one for one in errors.error_classes() if one.code == code]
    for one in same_code:
        if one.reason == reason:
            return one
    for one in same_code:
        if one.numeric_code == numeric_code:
            return one
    return same_code[0] if same_code else errors.RadmeshError
