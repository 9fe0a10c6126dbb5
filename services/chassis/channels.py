"""Channels to the next hop: they reconnect fast and hand on principal, trace and deadline."""

import json
from collections.abc import Sequence
from typing import Any

import grpc

from services.chassis import deadlines, principals, tracing

_RETRIED = {
    "name": [{}],
    # Nearly every call may be repeated (creates carry a request id), so one that meets a replica going down
    # goes to another. grpc-core repeats a stream only while nothing was answered.
    "retryPolicy": {
        "maxAttempts": 4,
        "initialBackoff": "0.05s",
        "maxBackoff": "0.5s",
        "backoffMultiplier": 2,
        "retryableStatusCodes": ["UNAVAILABLE"],
    },
}


def channel_options(
    *, retries: bool = True, once: Sequence[str] = (), keepalive_seconds: float = 20.0
) -> list[tuple[str, Any]]:
    """The options of a channel between services. once: methods, `service/method`, that are never repeated."""
    config: dict[str, Any] = {"loadBalancingConfig": [{"round_robin": {}}]}
    if retries:
        exceptions = [dict(zip(("service", "method"), one.split("/"), strict=True)) for one in once]
        config["methodConfig"] = [_RETRIED, *({"name": [one]} for one in exceptions)]
    return [
        ("grpc.service_config", json.dumps(config)),
        ("grpc.enable_retries", int(retries)),
        # A peer that restarts on the same address is found again within the longest pause.
        ("grpc.initial_reconnect_backoff_ms", 50),
        ("grpc.min_reconnect_backoff_ms", 1000),
        ("grpc.max_reconnect_backoff_ms", 2000),
        ("grpc.dns_min_time_between_resolutions_ms", 1000),
        ("grpc.keepalive_time_ms", int(keepalive_seconds * 1000)),
        ("grpc.keepalive_timeout_ms", 10_000),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.max_pings_without_data", 0),
        # A hospital's HTTP proxy has no business between two services.
        ("grpc.enable_http_proxy", 0),
    ]


def connect(target: str, *, retries: bool = True, once: Sequence[str] = ()) -> "ForwardingChannel":
    """A channel to `host:port`, to several of them joined by commas, or to any name that gRPC resolves.

    once: methods that are never repeated, `service/method`; with `retries` all others are when unavailable.
    Calls within an RPC carry its principal and its trace, and end no later than it does. Work that outlives
    the RPC which began it belongs in a context of its own (`contexts.detached`).
    """
    options = channel_options(retries=retries, once=once)
    return ForwardingChannel(grpc.aio.insecure_channel(_resolvable(target), options))


def _resolvable(target: str) -> str:
    if "," not in target or ":///" in target or target.startswith(("ipv4:", "ipv6:")):
        return target
    return "ipv4:" + target.replace("localhost", "127.0.0.1")


class ForwardingChannel(grpc.aio.Channel):
    """A channel whose calls carry what the current call says about its caller.

    Not a client interceptor: those put a generator around every message of a stream, and this needs only the
    start of a call.
    """

    def __init__(self, inner: grpc.aio.Channel) -> None:
        self._inner = inner

    def unary_unary(self, *arguments: Any, **options: Any) -> Any:
        """See grpc.aio.Channel."""
        return _forwarding(self._inner.unary_unary(*arguments, **options))

    def unary_stream(self, *arguments: Any, **options: Any) -> Any:
        """See grpc.aio.Channel."""
        return _forwarding(self._inner.unary_stream(*arguments, **options))

    def stream_unary(self, *arguments: Any, **options: Any) -> Any:
        """See grpc.aio.Channel."""
        return _forwarding(self._inner.stream_unary(*arguments, **options))

    def stream_stream(self, *arguments: Any, **options: Any) -> Any:
        """See grpc.aio.Channel."""
        return _forwarding(self._inner.stream_stream(*arguments, **options))

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        """See grpc.aio.Channel."""
        return self._inner.get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        """See grpc.aio.Channel."""
        await self._inner.wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        """See grpc.aio.Channel."""
        await self._inner.channel_ready()

    async def close(self, grace: float | None = None) -> None:
        """See grpc.aio.Channel."""
        await self._inner.close(grace)

    async def __aenter__(self) -> "ForwardingChannel":
        await self._inner.__aenter__()
        return self

    async def __aexit__(self, *exception: Any) -> None:
        await self.close()


def _forwarding(multicallable: Any) -> Any:
    def call(
        *request: Any,
        timeout: float | None = None,
        metadata: Sequence[tuple[str, Any]] | None = None,
        **options: Any,
    ) -> Any:
        carried = outgoing_metadata(metadata or ())
        return multicallable(*request, timeout=deadlines.narrowed(timeout), metadata=carried, **options)

    return call


def outgoing_metadata(given: Sequence[tuple[str, Any]] = ()) -> tuple[tuple[str, Any], ...]:
    """The metadata of a call to the next hop. What the caller of it gives wins over what the context says."""
    given = tuple(given)
    named = {key for key, _ in given}
    carried = given
    if principals.PRINCIPAL_KEY not in named:
        carried += principals.to_metadata(principals.current())
    trace = tracing.traceparent()
    if trace and tracing.TRACEPARENT_KEY not in named:
        carried += ((tracing.TRACEPARENT_KEY, trace),)
    return carried
