"""One call: what it may reach, and that whatever answers, it ends and says what happened."""

import contextlib
import dataclasses
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import uvloop

from services.tasks.webhooks.allowed import AllowList
from services.tasks.webhooks.caller import Caller
from services.tasks.webhooks.schedule import Answer, CallFailure
from services.tasks.webhooks.urls import read_url
from tests.integration.tasks.webhooks.conftest import Names
from tests.support.receiver import Receiver, Reply

Callers = Callable[..., Caller]


async def post(caller: Caller, url: str, body: bytes = b"{}") -> Answer:
    return await caller.post(read_url(url), {"X-Ours": "1"}, body)


async def test_a_call_arrives_as_it_was_sent(callers: Callers) -> None:
    with Receiver() as receiver:
        answer = await post(callers(), receiver.url("/ended?token=a%20b"), b'{"taskId":"1"}')
        (call,) = receiver.calls
    assert answer == Answer(200)
    assert (call.path, call.body) == ("/ended?token=a%20b", b'{"taskId":"1"}')
    assert call.headers["Host"] == f"127.0.0.1:{receiver.port}"
    assert call.headers["X-Ours"] == "1"


async def test_a_status_and_its_retry_after_are_told(callers: Callers) -> None:
    with Receiver(lambda call: Reply(503, {"Retry-After": "90"}, b"busy")) as receiver:
        assert await post(callers(), receiver.url()) == Answer(503, CallFailure.HTTP_ERROR, 90.0)


@pytest.mark.parametrize(
    "value", ["soon", "-1", "9" * 400, "1 Jan 99999999999999999999 00:00:00 GMT", "\xb2", ""]
)
async def test_a_retry_after_that_makes_no_sense_changes_nothing(callers: Callers, value: str) -> None:
    with Receiver(lambda call: Reply(503, {"Retry-After": value}, b"")) as receiver:
        answer = await post(callers(), receiver.url())
    assert (answer.status, answer.failure) == (503, CallFailure.HTTP_ERROR)


async def test_a_redirect_is_not_followed(callers: Callers) -> None:
    with Receiver() as other, Receiver(lambda call: Reply(307, {"Location": other.url()})) as receiver:
        answer = await post(callers(), receiver.url())
        assert answer == Answer(307, CallFailure.REDIRECT_REFUSED)
        assert not other.calls


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "::1", "::ffff:127.0.0.1"]
)
async def test_loopback_is_refused_however_it_is_spelled(callers: Callers, host: str) -> None:
    with Receiver() as receiver:
        # Past `read_url`, which refuses some of them at the create.
        target = dataclasses.replace(read_url(receiver.url()), host=host)
        answer = await callers("").post(target, {}, b"{}")
        assert answer == Answer(failure=CallFailure.ADDRESS_REFUSED)
        assert not receiver.calls


async def test_a_name_that_resolves_inside_is_refused(callers: Callers, names: Names) -> None:
    with Receiver() as receiver:
        for inside in (["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["::ffff:127.0.0.1"], ["169.254.169.254"]):
            names.addresses["ris.example"] = inside
            answer = await post(callers(""), receiver.url(host="ris.example"))
            assert answer == Answer(failure=CallFailure.ADDRESS_REFUSED)
        assert not receiver.calls


async def test_a_name_is_resolved_once_and_what_was_checked_is_called(callers: Callers, names: Names) -> None:
    """DNS that answers a public address first and an inner one then has no second question to answer."""
    names.addresses["ris.example"] = ["127.0.0.1"]
    with Receiver() as receiver:
        assert await post(callers("ris.example"), receiver.url(host="ris.example")) == Answer(200)
        assert receiver.calls[0].headers["Host"] == f"ris.example:{receiver.port}"
    assert names.asked == ["ris.example"]


async def test_another_address_of_the_name_is_tried(callers: Callers, names: Names) -> None:
    names.addresses["ris.example"] = ["127.0.0.2", "127.0.0.1"]
    with Receiver() as receiver:
        assert await post(callers("ris.example"), receiver.url(host="ris.example")) == Answer(200)


async def test_an_allowed_port_allows_no_other(callers: Callers) -> None:
    with Receiver() as receiver:
        assert await post(callers(f"127.0.0.1:{receiver.port}"), receiver.url()) == Answer(200)
        refused = await post(callers(f"127.0.0.1:{receiver.port + 1}"), receiver.url())
        assert refused == Answer(failure=CallFailure.ADDRESS_REFUSED)


async def test_a_proxy_of_the_environment_is_not_used(
    callers: Callers, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Receiver() as proxy, Receiver() as receiver:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url(""))
        assert await post(callers(), receiver.url()) == Answer(200)
        assert not proxy.calls


async def test_a_receiver_that_is_not_there(callers: Callers, names: Names, silent_port: int) -> None:
    down = await post(callers(), f"http://127.0.0.1:{silent_port}/")
    assert down == Answer(failure=CallFailure.CONNECTION_FAILED)
    unknown = await post(callers(), "http://no-such-name.invalid/")
    assert unknown == Answer(failure=CallFailure.NAME_NOT_RESOLVED)
    names.addresses["empty.example"] = []
    assert await post(callers(), "http://empty.example/") == Answer(failure=CallFailure.NAME_NOT_RESOLVED)


async def test_a_slow_loris_ends_in_time(callers: Callers) -> None:
    with Receiver(lambda call: Reply(pause=0.05)) as receiver:
        begun = time.monotonic()
        answer = await post(callers(timeout=0.5), receiver.url())
        assert answer == Answer(failure=CallFailure.TIMEOUT)
        assert time.monotonic() - begun < 15


async def test_a_huge_answer_is_not_taken_in(callers: Callers) -> None:
    """The receiver announces a gigabyte and sends a tenth of a megabyte: nobody waits for the rest."""
    huge = Reply(200, {"Content-Length": str(1 << 30)}, b"x" * 100_000)
    with Receiver(lambda call: huge) as receiver:
        begun = time.monotonic()
        assert await post(callers(timeout=20), receiver.url()) == Answer(200)
        assert time.monotonic() - begun < 15


async def test_an_answer_that_is_not_http(callers: Callers) -> None:
    with Receiver(lambda call: Reply(200, {"X-Bad\r\n \x00": "1"})) as receiver:
        assert (await post(callers(), receiver.url())).failure is CallFailure.INVALID_ANSWER


async def test_tls_is_checked_against_the_name(
    callers: Callers, names: Names, certificate: tuple[Path, Path]
) -> None:
    names.addresses = {"ris.example": ["127.0.0.1"], "other.example": ["127.0.0.1"]}
    cert, key = certificate
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    asked = []
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    with Receiver(tls=context) as receiver:
        trusting = callers("127.0.0.1", 5.0, cert)
        assert await post(trusting, receiver.url(host="ris.example", scheme="https")) == Answer(200)
        assert asked == ["ris.example"]
        for caller, host in (
            (trusting, "other.example"),
            (trusting, "127.0.0.1"),
            (callers(), "ris.example"),
        ):
            answer = await post(caller, receiver.url(host=host, scheme="https"))
            assert answer == Answer(failure=CallFailure.TLS_FAILED)
        assert len(receiver.calls) == 1


@pytest.mark.parametrize("when", ["at once", "before the handshake", "after the handshake"])
def test_a_receiver_that_resets_every_connection_is_told_as_that_by_uvloop_too(
    when: str, certificate: tuple[Path, Path]
) -> None:
    """The services run on uvloop, which has no socket any more for a connection that broke as it was made."""
    cert, key = certificate
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    with socket.create_server(("127.0.0.1", 0)) as server:
        tls = context if when == "after the handshake" else None
        threading.Thread(target=_reset_all, args=(server, tls), daemon=True).start()
        scheme = "http" if when == "at once" else "https"
        url = f"{scheme}://ris.example:{server.getsockname()[1]}/"

        async def resolve(host: str, port: int) -> list[str]:
            return ["127.0.0.1"]

        async def call() -> list[Answer]:
            caller = Caller(AllowList.parse("ris.example"), resolve, timeout_seconds=10.0, ca_file=cert)
            try:
                return [await post(caller, url) for _ in range(100)]
            finally:
                await caller.close()

        assert uvloop.run(call()) == [Answer(failure=CallFailure.CONNECTION_FAILED)] * 100


def _reset_all(server: socket.socket, tls: ssl.SSLContext | None) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _ = server.accept()
            if tls is not None:
                connection = tls.wrap_socket(connection, server_side=True)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
