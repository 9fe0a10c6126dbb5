"""A courier on a real store, with a resolver that a test can turn, and a caller of its own."""

import asyncio
import contextlib
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from services.tasks.catalogue import Catalogue
from services.tasks.store import StoreSettings, TaskStore
from services.tasks.webhooks.allowed import AllowList
from services.tasks.webhooks.caller import Caller
from services.tasks.webhooks.courier import Courier
from services.tasks.webhooks.metrics import WebhookMetrics
from services.tasks.webhooks.network import SystemResolver
from services.tasks.webhooks.result_types import ResultTypes

SECRET = "a secret of sixteen characters"


class Names:
    """A resolver whose names a test sets; what is not set is asked of the machine. Each question is kept."""

    def __init__(self) -> None:
        self.addresses: dict[str, list[str]] = {}
        self.asked: list[str] = []
        self._system = SystemResolver()

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        if host in self.addresses:
            return self.addresses[host]
        return list(await self._system(host, port))

    def close(self) -> None:
        self._system.close()


@pytest.fixture
def names() -> Iterator[Names]:
    found = Names()
    yield found
    found.close()


@pytest.fixture
async def callers(names: Names) -> AsyncIterator[Callable[..., Caller]]:
    """Makes callers: of an allow list, a time-out and certificates to trust."""
    async with AsyncExitStack() as stack:

        def make(allow: str = "127.0.0.1", timeout: float = 5.0, ca_file: Path | None = None) -> Caller:
            caller = Caller(AllowList.parse(allow), names, timeout, ca_file)
            stack.push_async_callback(caller.close)
            return caller

        yield make


@pytest.fixture
async def store(redis_url: str) -> AsyncIterator[TaskStore]:
    opened = await TaskStore.open(redis_url, StoreSettings())
    yield opened
    await opened.close()


@pytest.fixture
async def couriers(store: TaskStore, callers: Callable[..., Caller]) -> AsyncIterator[Callable[..., Courier]]:
    """Starts couriers, which stop at the end of the test."""
    loops: list[asyncio.Task[None]] = []

    def start(allow: str = "127.0.0.1", timeout: float = 5.0, retry: float = 0.05) -> Courier:
        courier = Courier(
            store,
            callers(allow, timeout),
            ResultTypes(store, Catalogue(store)),
            WebhookMetrics(CollectorRegistry()),
            secrets=[SECRET],
            timeout_seconds=timeout,
            retry_seconds=retry,
        )
        loops.append(asyncio.ensure_future(courier.run()))
        return courier

    yield start
    for loop in loops:
        loop.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await loop


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate of `ris.example` that signs itself, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    line = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    names = ["-subj", "/CN=ris.example"]
    names += ["-addext", "subjectAltName=DNS:ris.example", "-keyout", str(key), "-out", str(cert)]
    subprocess.run([*line.split(), *names], check=True, capture_output=True)
    return cert, key


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 30.0) -> None:
    """Waits for what another loop does."""
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110  it happens in another process
            await asyncio.sleep(0.01)
