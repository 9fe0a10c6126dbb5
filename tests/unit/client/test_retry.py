"""When a call is repeated, how long a client waits, and when it gives up."""

import asyncio
import contextlib

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from radmesh import errors
from radmesh.client.retry import Patience, Repeats, passes, repeat

_NOTHING = (grpc.aio.Metadata(), grpc.aio.Metadata(), None, None)
AWAY = errors.UnavailableError("away", retry_after=None)


@given(st.integers(0, 10_000), st.floats(0, 1, exclude_max=True))
def test_a_wait_is_never_longer_than_the_bound(repeats: int, drawn: float) -> None:
    patience = Patience(first_delay=0.1, last_delay=3.0)
    assert 0 <= patience.delay(repeats, lambda: drawn) <= min(3.0, 0.1 * 2.0 ** min(repeats, 30))


def test_the_whole_wait_is_drawn_at_random() -> None:
    patience = Patience(first_delay=1.0, last_delay=8.0)
    assert patience.delay(2, lambda: 0.0) == 0.0
    assert patience.delay(2, lambda: 0.5) == 2.0


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (errors.UnavailableError("x"), True),
        (errors.DeadlineExceededError("x"), True),
        (errors.ExhaustedError("x", reason="TOO_MANY_WATCHES", retry_after=0.5), True),
        (errors.ExhaustedError("x", reason="DISK_FULL", retry_after=0.5), False),
        (errors.TaskNotFoundError("x"), False),
        (errors.ChecksumMismatchError("x"), False),
        (errors.RadmeshError("x"), False),
    ],
)
def test_only_what_may_pass_is_repeated(error: errors.RadmeshError, expected: bool) -> None:
    assert passes(error) is expected


class _Clock:
    """Seconds, moved by hand: on a busy machine a real clock may jump past the end of any patience."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def _patient(clock: _Clock) -> Repeats:
    return Repeats(Patience(give_up_seconds=10.0, first_delay=0.001, last_delay=0.001), lambda: 1.0, clock)


async def test_patience_ends_with_the_error() -> None:
    clock = _Clock()
    repeats = _patient(clock)
    for _ in range(3):
        await repeats.failed(AWAY)
        clock.now += 3.0
    clock.now += 0.9
    await repeats.failed(AWAY)
    clock.now += 0.1
    with pytest.raises(errors.UnavailableError):
        await repeats.failed(AWAY)


async def test_patience_starts_again_with_every_sign_of_life() -> None:
    clock = _Clock()
    repeats = _patient(clock)
    for _ in range(20):
        clock.now += 9.9
        await repeats.failed(AWAY)
        repeats.succeeded()


class _Broken(grpc.RpcError):
    """What a call raises when the server is away."""

    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.UNAVAILABLE

    def details(self) -> str:
        return "away"

    def trailing_metadata(self) -> tuple[()]:
        return ()


async def test_a_call_is_repeated_until_it_is_answered() -> None:
    tries = 0

    async def call() -> str:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise _Broken
        return "answer"

    assert await repeat(Patience(first_delay=0.001), call) == "answer"
    assert tries == 3


async def test_whoever_was_cancelled_tries_no_more_although_the_cancel_was_swallowed() -> None:
    tries = 0
    tried = asyncio.Event()

    async def call() -> None:
        nonlocal tries
        tries += 1
        tried.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        raise grpc.aio.AioRpcError(grpc.StatusCode.UNAVAILABLE, *_NOTHING)

    trying = asyncio.create_task(repeat(Patience(), call))
    await tried.wait()
    trying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await trying
    assert tries == 1
