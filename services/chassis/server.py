"""The life of a service process: settings, start, readiness, drain, exit."""

import asyncio
import gc
import signal
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Protocol

import grpc
import uvloop
from grpc_health.v1 import health_pb2_grpc
from pydantic import ValidationError

from radmesh.errors import FailedPreconditionError, RadmeshError
from services.chassis import health, logs, reflection
from services.chassis.interceptors import ServerInterceptor
from services.chassis.listening import Address, permitted_address
from services.chassis.metrics import Metrics, MetricsPage
from services.chassis.settings import ServiceSettings, wrong_settings

_LOG = logs.logger(__name__)
_AHEAD_BYTES = 4 << 20


class Service(Protocol):
    """What a service gives the chassis. May also have `descriptor_pool`, foreign types for reflection."""

    name: str

    @property
    def settings(self) -> ServiceSettings:
        """What the chassis needs; a service has a subclass of its own."""

    def register(self, server: grpc.aio.Server) -> Sequence[str]:
        """Adds the servicers and returns the full names of their services, for health and reflection."""

    async def start(self) -> None:
        """Connects to peers. Called before the first RPC is taken; what it raises ends the process."""

    async def ready(self) -> None:
        """Returns when calls are worth making. RPCs are taken before; health says NOT_SERVING until then."""

    async def drain(self) -> None:
        """Takes no more work and ends long streams. Called once health says NOT_SERVING."""

    async def stop(self) -> None:
        """Closes everything. Called when the last RPC has ended, also after a start that failed."""


def run(service_factory: Callable[[Metrics], Service]) -> None:
    """Runs a service until SIGTERM or SIGINT, then drains it, and exits the process.

    A second signal cuts the drain short. Exit codes: 0 stopped as told, 1 could not start or broke, 2 a
    setting is wrong.
    """
    metrics = Metrics()
    try:
        service = service_factory(metrics)
    except ValidationError as error:
        for line in wrong_settings(error):
            print(line, file=sys.stderr)
        sys.exit(2)
    logs.configure(service.name, service.settings)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(runner.run(_live(service, metrics)))


async def _live(service: Service, metrics: Metrics) -> int:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(logs.log_unhandled)
    stopping, hurrying = asyncio.Event(), asyncio.Event()

    def told_to_stop() -> None:
        (hurrying if stopping.is_set() else stopping).set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told_to_stop)
    process = ServiceProcess(service, metrics)
    try:
        try:
            if await _unless(stopping, process.start()):
                await stopping.wait()
                await _unless(hurrying, process.drain())
        finally:
            await process.stop()
    except RadmeshError as error:
        _LOG.error("cannot go on", reason=error.reason, problem=error.message)
        return 2 if isinstance(error, FailedPreconditionError) else 1
    except Exception:  # noqa: BLE001  the process ends; the log says where
        _LOG.exception("broke down")
        return 1
    return 0


async def _unless(event: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
    """Does the work, or drops it when the event comes first. Returns whether the work was done."""
    task, waiter = asyncio.ensure_future(work), asyncio.ensure_future(event.wait())
    await asyncio.wait({task, waiter}, return_when=asyncio.FIRST_COMPLETED)
    for one in (task, waiter):
        if not one.done():
            one.cancel()
    await asyncio.wait({task, waiter})
    if task.cancelled():
        return False
    task.result()
    return True


class ServiceProcess:
    """One service with its gRPC server, health, reflection and metrics page. `run` drives it; so do tests."""

    def __init__(self, service: Service, metrics: Metrics) -> None:
        self._service = service
        self._settings = service.settings
        self._health = health.Health()
        self._server = grpc.aio.server(
            interceptors=[ServerInterceptor(metrics, trust_principal=service.settings.trust_principal)],
            options=server_options(service.settings),
        )
        self._metrics = metrics
        self._page: MetricsPage | None = None
        self._names: tuple[str, ...] = ()
        self._started = False
        self.address: Address | None = None

    @property
    def metrics_address(self) -> Address | None:
        """Where /metrics is, when it is served."""
        return self._page.address if self._page else None

    async def start(self) -> None:
        """Binds the ports, starts the service, takes RPCs, and says SERVING once the service is ready."""
        settings = self._settings
        listen = permitted_address(settings.listen, settings.allow_insecure)
        if settings.metrics_listen:
            self._page = MetricsPage(
                self._metrics, permitted_address(settings.metrics_listen, settings.allow_insecure)
            )
        self._names = (*self._service.register(self._server), health.SERVICE_NAME)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        foreign = getattr(self._service, "descriptor_pool", None)
        reflection.add_reflection(self._server, self._names, foreign)
        self.address = Address(listen.host, self._server.add_insecure_port(str(listen)))
        self._started = True
        await self._service.start()
        await self._server.start()
        await self._service.ready()
        self._health.set_all(self._names, serving=True)
        # What the imports left lives as long as the process: a collection that walks it stops every stream.
        gc.collect()
        gc.freeze()
        _LOG.info("ready", grpc=str(self.address), metrics=str(self.metrics_address or ""))

    async def drain(self) -> None:
        """Says NOT_SERVING, lets the service hand back its work, then lets running RPCs end.

        All of it lasts `drain_seconds` at most.
        """
        _LOG.info("draining")
        self._health.set_all(self._names, serving=False)
        self._health.close()
        begun = time.monotonic()
        try:
            async with asyncio.timeout(self._settings.drain_seconds):
                await self._service.drain()
        except TimeoutError:
            _LOG.warning("drain cut short")
        await self._server.stop(max(0.0, self._settings.drain_seconds - (time.monotonic() - begun)))

    async def stop(self) -> None:
        """Cuts what still runs and closes everything."""
        await self._server.stop(None)
        if self._started:
            await self._service.stop()
        if self._page is not None:
            self._page.close()
        _LOG.info("stopped")


def server_options(settings: ServiceSettings) -> list[tuple[str, Any]]:
    """The options of a gRPC server."""
    options: list[tuple[str, Any]] = [
        # Two processes on one port would share its calls by chance instead of the second one failing.
        ("grpc.so_reuseport", 0),
        ("grpc.max_concurrent_streams", settings.max_concurrent_streams),
        ("grpc.server.max_pending_requests", settings.max_pending_requests),
        ("grpc.server.max_pending_requests_hard_limit", settings.max_pending_requests * 2),
        ("grpc.keepalive_time_ms", int(settings.keepalive_seconds * 1000)),
        ("grpc.keepalive_timeout_ms", 10_000),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.max_pings_without_data", 0),
        ("grpc.http2.min_ping_interval_without_data_ms", 5000),
        # What a stream may send ahead of its reader. gRPC would widen it as far as the line is fast:
        # an upload took up to 100 MiB of memory so, and was not faster.
        ("grpc.http2.bdp_probe", 0),
        ("grpc.http2.lookahead_bytes", _AHEAD_BYTES),
    ]
    if settings.max_connection_age_seconds:
        options += [
            ("grpc.max_connection_age_ms", int(settings.max_connection_age_seconds * 1000)),
            ("grpc.max_connection_age_grace_ms", int(settings.max_connection_age_grace_seconds * 1000)),
        ]
    return options
