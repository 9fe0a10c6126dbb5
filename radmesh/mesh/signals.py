"""Turns the signals that ask a program to stop into one exception."""

import signal
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def stopped_by_signals() -> Generator[None, None, None]:
    """Raises KeyboardInterrupt at the first SIGINT, SIGTERM or SIGHUP, and ignores those that follow.

    So the children of a mesh are stopped in order although somebody presses Ctrl-C twice. For main threads.
    """
    before = {number: signal.getsignal(number) for number in _STOP_SIGNALS}

    def stop(number: int, frame: FrameType | None) -> None:
        for each in _STOP_SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in _STOP_SIGNALS:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
