"""Every error survives its way through a gRPC status; a status that is not ours becomes an honest error."""

import grpc
import pytest

from radmesh import errors, status


class Answered(grpc.RpcError):
    """What a call raises, as far as radmesh.status looks at it."""

    def __init__(
        self, code: grpc.StatusCode, details: str, trailing: tuple[tuple[str, bytes], ...] = ()
    ) -> None:
        self._code, self._details, self._trailing = code, details, trailing

    def code(self) -> grpc.StatusCode:
        return self._code

    def details(self) -> str:
        return self._details

    def trailing_metadata(  # type: ignore[override]  # at run time it is a tuple of pairs
        self,
    ) -> tuple[tuple[str, bytes], ...]:
        return self._trailing


def sent_and_received(error: errors.RadmeshError) -> errors.RadmeshError:
    told = status.to_status(error)
    answered = Answered(status.status_code(error), told.message, status.trailing_metadata(told))
    assert status.has_details(answered)
    return status.from_rpc_error(answered)


@pytest.mark.parametrize(
    "kind", [one for one in errors.error_classes() if one is not errors.InvalidRequestError]
)
@pytest.mark.parametrize("retry_after", [None, 0.25, 60.0])
def test_every_class_arrives_as_it_was_raised(
    kind: type[errors.RadmeshError], retry_after: float | None
) -> None:
    raised = kind("118 of 120 slices arrived.", metadata={"offset": "12"}, retry_after=retry_after)
    arrived = sent_and_received(raised)
    assert type(arrived) is kind
    assert (arrived.code, arrived.reason, arrived.numeric_code) == (kind.code, kind.reason, kind.numeric_code)
    assert (arrived.message, arrived.metadata) == (raised.message, raised.metadata)
    assert arrived.retry_after == retry_after


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (errors.ImageFormatError, "EMPTY_FILE"),
        (errors.ImageFormatError, "FORMAT_MISMATCH"),
        (errors.InferenceError, "WORKER_CRASHED"),
        (errors.ExhaustedError, "TOO_MANY_WATCHES"),
        (errors.UnavailableError, "STORE_UNAVAILABLE"),
        (errors.AbortedError, "SESSION_SUPERSEDED"),
        (errors.FailedPreconditionError, "DESCRIPTOR_CONFLICT"),
    ],
)
def test_a_reason_of_its_own_keeps_the_class(kind: type[errors.RadmeshError], reason: str) -> None:
    arrived = sent_and_received(kind("What happened.", reason=reason))
    assert type(arrived) is kind
    assert (arrived.reason, arrived.numeric_code) == (reason, kind.numeric_code)


def test_all_violations_arrive() -> None:
    violations = tuple(errors.Violation(f"parameters.p{n}", "is not known") for n in range(5))
    arrived = sent_and_received(errors.InvalidRequestError(violations))
    assert isinstance(arrived, errors.InvalidRequestError)
    assert arrived.violations == violations
    assert arrived.numeric_code is errors.NumericCode.VALIDATION


@pytest.mark.parametrize("text", ["x" * 5000, "ü€" * 3000])
def test_a_status_never_outgrows_the_metadata_that_grpc_lets_through(text: str) -> None:
    error = errors.InvalidRequestError([errors.Violation(f"labels.{text}", text) for _ in range(500)])
    told = status.to_status(error)
    [(_, details)] = status.trailing_metadata(told)
    assert 3 * len(told.message.encode()) + len(details) * 4 / 3 < 7500
    arrived = sent_and_received(error)
    assert isinstance(arrived, errors.InvalidRequestError)
    assert "more fields" in arrived.violations[-1].description


def test_codes_are_those_of_grpc() -> None:
    codes = {code.name: code.value[0] for code in grpc.StatusCode if code is not grpc.StatusCode.OK}
    assert {code.name: int(code) for code in errors.Code} == codes


@pytest.mark.parametrize("code", [code for code in grpc.StatusCode if code is not grpc.StatusCode.OK])
def test_a_plain_status_keeps_its_code_and_claims_nothing(code: grpc.StatusCode) -> None:
    answered = Answered(code, "said by gRPC itself")
    assert not status.has_details(answered)
    arrived = status.from_rpc_error(answered)
    assert arrived.code.name == code.name
    assert "said by gRPC itself" in arrived.message
    assert not isinstance(arrived, errors.ImageFormatError | errors.InferenceError)


@pytest.mark.parametrize("side", ["SERVER: Received", "CLIENT: Sent", "Received"])
def test_a_message_that_grpc_refuses_for_its_length_says_what_to_do(side: str) -> None:
    said = f"{side} message larger than max (8032438 vs. 4194304)"
    arrived = status.from_rpc_error(Answered(grpc.StatusCode.RESOURCE_EXHAUSTED, said))
    assert (arrived.code, arrived.reason) == (errors.Code.RESOURCE_EXHAUSTED, "MESSAGE_TOO_LARGE")
    assert (arrived.retry_after, "a batch in parts" in arrived.message) == (None, True)


def test_a_status_of_a_newer_service_is_still_understood() -> None:
    newer = errors.NotFoundError("No such study.", reason="STUDY_NOT_FOUND", metadata={"study": "7"})
    arrived = sent_and_received(newer)
    assert type(arrived) is errors.NotFoundError
    assert (arrived.reason, arrived.metadata) == ("STUDY_NOT_FOUND", {"study": "7"})
