"""Makes one call to a receiver, and says what it came to."""

import asyncio
import logging
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpcore

from services.tasks.webhooks.allowed import AllowList
from services.tasks.webhooks.network import (
    AddressRefusedError,
    CheckedNetwork,
    NameNotResolvedError,
    Resolver,
)
from services.tasks.webhooks.schedule import Answer, CallFailure
from services.tasks.webhooks.urls import CallbackTarget

# Of an answer's body so much is taken in before the connection closes, so that ordinary receivers can finish.
_BODY_BYTES = 4096
_BODY_SECONDS = 1.0
_CONNECTIONS = 2048


class Caller:
    """POSTs to checked addresses. It follows no redirect, keeps no connection and uses no proxy.

    Built on httpcore, as httpx does not let its network be replaced; what httpx adds is not wanted here.
    """

    def __init__(
        self, allowed: AllowList, resolve: Resolver, timeout_seconds: float, ca_file: Path | None = None
    ) -> None:
        """timeout_seconds: for the whole call. ca_file: certificates to trust besides the system's own."""
        # Its lines of level debug would tell the headers of answers.
        logging.getLogger("httpcore").setLevel(logging.WARNING)
        trusted = ssl.create_default_context()
        if ca_file is not None:
            trusted.load_verify_locations(ca_file)
        self._timeout_seconds = timeout_seconds
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=trusted,
            max_connections=_CONNECTIONS,
            max_keepalive_connections=0,
            network_backend=CheckedNetwork(allowed, resolve, timeout_seconds * 0.8),
        )

    async def close(self) -> None:
        """Closes what is open."""
        await self._pool.aclose()

    async def post(self, target: CallbackTarget, headers: Mapping[str, str], body: bytes) -> Answer:
        """Makes the call. Whatever the receiver does, it ends within the time."""
        try:
            async with asyncio.timeout(self._timeout_seconds):
                return await self._post(target, headers, body)
        except (TimeoutError, httpcore.TimeoutException):
            return Answer(failure=CallFailure.TIMEOUT)
        except AddressRefusedError:
            return Answer(failure=CallFailure.ADDRESS_REFUSED)
        except NameNotResolvedError:
            return Answer(failure=CallFailure.NAME_NOT_RESOLVED)
        except httpcore.NetworkError as error:
            return Answer(failure=CallFailure.TLS_FAILED if _is_tls(error) else CallFailure.CONNECTION_FAILED)
        except httpcore.ProtocolError:
            return Answer(failure=CallFailure.INVALID_ANSWER)

    async def _post(self, target: CallbackTarget, headers: Mapping[str, str], body: bytes) -> Answer:
        sent = {"Host": target.authority, "Content-Length": str(len(body)), "Connection": "close", **headers}
        url = httpcore.URL(
            scheme=target.scheme.encode(),
            host=target.host.encode(),
            port=target.port,
            target=target.target.encode(),
        )
        async with self._pool.stream("POST", url, headers=list(sent.items()), content=body) as response:
            answered = {name.lower(): value for name, value in response.headers}
            answer = Answer.of_status(response.status, retry_after(answered.get(b"retry-after", b"")))
            try:
                async with asyncio.timeout(_BODY_SECONDS):
                    await _take_in(response)
            except (TimeoutError, httpcore.NetworkError, httpcore.ProtocolError):
                # The status has been told; the rest of the answer says nothing.
                return answer
        return answer


async def _take_in(response: httpcore.Response) -> None:
    taken = 0
    async for part in response.aiter_stream():
        taken += len(part)
        if taken >= _BODY_BYTES:
            return


def retry_after(value: bytes) -> float:
    """Seconds that a `Retry-After` asks for, as a number or a date; 0 when it cannot be read."""
    text = value.decode("ascii", "replace").strip()
    if text.isdecimal():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return 0.0
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())


def _is_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False
