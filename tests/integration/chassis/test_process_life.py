"""A service process from its settings to its exit code, as systemd or Kubernetes would drive it."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from radmesh.status import from_rpc_error
from radmesh.tasks.v1 import task_service_pb2, task_service_pb2_grpc
from tests.integration.chassis.probe import PATIENT


class ProbeProcess:
    """A probe as a child process, its log line by line."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[dict[str, Any]] = []

    async def line(self, event: str, **fields: Any) -> dict[str, Any]:
        """The next log line with this event and these fields."""
        assert self.process.stderr is not None
        async with asyncio.timeout(60):
            while raw := await self.process.stderr.readline():
                self.lines.append(json.loads(raw))
                if {"event": event, **fields}.items() <= self.lines[-1].items():
                    return self.lines[-1]
        raise AssertionError(f"no {event!r} in {self.lines}")

    async def ended(self) -> int:
        """The exit code; the rest of the log is read."""
        assert self.process.stderr is not None
        async with asyncio.timeout(60):
            self.lines += [json.loads(raw) async for raw in self.process.stderr if raw.startswith(b"{")]
            return await self.process.wait()

    @property
    def steps(self) -> list[str]:
        """What happened, in order."""
        return [one.get("step", one["event"]) for one in self.lines]


@asynccontextmanager
async def probe_process(**settings: Any) -> AsyncIterator[ProbeProcess]:
    environment = os.environ | {f"RADMESH_PROBE_{key.upper()}": str(value) for key, value in settings.items()}
    command = [sys.executable, "-m", "tests.integration.chassis.probe"]
    process = await asyncio.create_subprocess_exec(*command, env=environment, stderr=asyncio.subprocess.PIPE)
    try:
        yield ProbeProcess(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def tasks_of(channel: grpc.aio.Channel) -> Any:
    return task_service_pb2_grpc.TaskServiceStub(channel)


async def test_sigterm_drains_in_order_and_exits_0() -> None:
    async with probe_process(drain_seconds=30) as probe:
        address = (await probe.line("ready"))["grpc"]
        async with grpc.aio.insecure_channel(address) as channel:
            health = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest())
            assert (await health.read()).status == health_pb2.HealthCheckResponse.SERVING
            stream = tasks_of(channel).WatchTask(task_service_pb2.WatchTaskRequest(name="forever"))
            await stream.read()
            running = tasks_of(channel).GetTask(task_service_pb2.GetTaskRequest(name="wait/0.5"))
            await asyncio.sleep(0.1)
            probe.process.send_signal(signal.SIGTERM)
            assert (await health.read()).status == health_pb2.HealthCheckResponse.NOT_SERVING
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await stream.read()
            assert from_rpc_error(caught.value).reason == "DRAINING"
            await running
            assert await probe.ended() == 0
    assert [one for one in probe.steps if one != "rpc refused"] == [
        "start",
        "ready",
        "draining",
        "drain",
        "stop",
        "stopped",
    ]


async def test_a_call_longer_than_the_grace_is_cut() -> None:
    async with (
        probe_process(drain_seconds=0.2) as probe,
        grpc.aio.insecure_channel((await probe.line("ready"))["grpc"]) as channel,
    ):
        call = tasks_of(channel).GetTask(task_service_pb2.GetTaskRequest(name="wait/60"))
        await tasks_of(channel).GetTask(task_service_pb2.GetTaskRequest(name="who"))
        probe.process.send_signal(signal.SIGTERM)
        with pytest.raises(grpc.aio.AioRpcError):
            await call
        assert await probe.ended() == 0


async def test_a_second_signal_cuts_the_drain_short() -> None:
    async with (
        probe_process(drain_seconds=50) as probe,
        grpc.aio.insecure_channel((await probe.line("ready"))["grpc"]) as channel,
    ):
        call = tasks_of(channel).GetTask(task_service_pb2.GetTaskRequest(name="wait/60"))
        await tasks_of(channel).GetTask(task_service_pb2.GetTaskRequest(name="who"))
        probe.process.send_signal(signal.SIGINT)
        await probe.line("probe", step="drain")
        probe.process.send_signal(signal.SIGINT)
        with pytest.raises(grpc.aio.AioRpcError):
            async with asyncio.timeout(20):
                await call
        assert await probe.ended() == 0


async def test_health_says_not_serving_until_the_service_is_ready(unused_tcp_port: int) -> None:
    address = f"127.0.0.1:{unused_tcp_port}"
    # grpc's own pause of a second between two tries would eat most of the time before it is ready.
    hasty = [("grpc.initial_reconnect_backoff_ms", 50), ("grpc.max_reconnect_backoff_ms", 100)]
    async with (
        probe_process(ready_seconds=3, listen=address) as probe,
        grpc.aio.insecure_channel(
            address, options=[*hasty, ("grpc.min_reconnect_backoff_ms", 50)]
        ) as channel,
    ):
        health = health_pb2_grpc.HealthStub(channel)
        early = await health.Check(health_pb2.HealthCheckRequest(), wait_for_ready=True)
        assert early.status == health_pb2.HealthCheckResponse.NOT_SERVING
        assert "ready" not in probe.steps
        await probe.line("ready")
        late = await health.Check(health_pb2.HealthCheckRequest())
        assert late.status == health_pb2.HealthCheckResponse.SERVING


async def test_a_signal_while_starting_stops_cleanly() -> None:
    async with probe_process(start_seconds=60) as probe:
        await probe.line("probe", step="start")
        probe.process.send_signal(signal.SIGTERM)
        assert await probe.ended() == 0
    assert "ready" not in probe.steps
    assert probe.steps[-2:] == ["stop", "stopped"]


@pytest.mark.parametrize("setting", ["listen", "metrics_listen"])
async def test_listening_beyond_loopback_is_refused_unless_asked_for(setting: str) -> None:
    async with probe_process(**{setting: "0.0.0.0:0"}) as probe:
        assert await probe.ended() == 2
        assert probe.lines[-1]["reason"] == "INSECURE_LISTEN"
    async with probe_process(**{setting: "0.0.0.0:0"}, allow_insecure="true") as probe:
        assert (await probe.line("ready"))["grpc"]


async def test_a_wrong_setting_is_named_and_exits_2() -> None:
    async with probe_process(drain_seconds="soon") as probe:
        _, told = await probe.process.communicate()
        assert probe.process.returncode == 2
        assert b"RADMESH_PROBE_DRAIN_SECONDS" in told


async def test_a_port_in_use_ends_the_second_process() -> None:
    async with probe_process() as first:
        address = (await first.line("ready"))["grpc"]
        async with probe_process(listen=address) as second:
            assert await second.ended() == 1


async def test_what_start_raises_ends_the_process_with_1() -> None:
    async with probe_process(next_hop="nowhere") as probe:
        assert await probe.ended() == 1
    assert probe.lines[-1]["problem"] == "There is no next hop."
    assert "stop" in probe.steps


async def test_the_log_file_rotates_and_names_no_patient(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "probe.log"
    trace = "00-" + "ab" * 16 + "-" + "cd" * 8 + "-01"
    async with probe_process(log_file=log, log_file_max_bytes=2048, log_file_count=2) as probe:
        async with grpc.aio.insecure_channel((await probe.line("ready"))["grpc"]) as channel:
            for name in ["log", "crash"] * 10:
                request = task_service_pb2.GetTaskRequest(name=name)
                with suppress(grpc.aio.AioRpcError):
                    await tasks_of(channel).GetTask(request, metadata=(("traceparent", trace),))
        probe.process.send_signal(signal.SIGTERM)
        assert await probe.ended() == 0
    files = sorted(log.parent.iterdir())
    assert [one.name for one in files] == ["probe.log", "probe.log.1", "probe.log.2"]
    assert all(one.stat().st_size <= 2048 for one in files)
    text = "".join(one.read_text() for one in files) + json.dumps(probe.lines)
    assert "DOE" not in text
    assert PATIENT not in text
    finding = next(one for one in probe.lines if one["event"] == "a finding")
    assert finding["trace_id"] == "ab" * 16
    assert (finding["service"], finding["level"], finding["study"]) == ("probe", "warning", {"slices": 3})
    crash = next(one for one in probe.lines if one["event"] == "rpc failed")
    assert crash["error"] == "ValueError"
    assert any("probe.py" in frame for frame in crash["frames"])


@pytest.mark.parametrize(
    ("call", "event", "secret"), [("crash", "rpc failed", PATIENT), ("error/many", "rpc refused", "größe")]
)
async def test_what_may_name_a_patient_stays_out_of_the_log(call: str, event: str, secret: str) -> None:
    async with probe_process() as probe:
        address = (await probe.line("ready"))["grpc"]
        async with grpc.aio.insecure_channel(address) as channel:
            with pytest.raises(grpc.aio.AioRpcError):
                await tasks_of(channel).GetTask(task_service_pb2.GetTaskRequest(name=call))
        assert secret not in str(await probe.line(event))
        probe.process.send_signal(signal.SIGTERM)
        assert await probe.ended() == 0
    assert secret not in str(probe.lines)
