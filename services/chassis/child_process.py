"""The parent's hold on one model child: spawn it, exchange frames, know how it ended, kill it."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf import struct_pb2

from radmesh.errors import InferenceError
from radmesh.tasks.v1 import task_pb2
from services.chassis import logs
from services.chassis.frames import FrameKind, read_frame, write_frame
from services.chassis.task_errors import (
    MODEL_LOAD_FAILED,
    MODEL_LOAD_TIMEOUT,
    WORKER_CRASHED,
    from_task_error,
)

_STREAM_BUFFER_BYTES = 4 << 20
_LOG_LINE_BYTES = 64 << 10
_LOG_LINE_CHARACTERS = 2000
_LAST_WORDS_SECONDS = 1.0

log = logs.logger(__name__)


@dataclass(frozen=True)
class RunnerSpec:
    """Which runner a child loads: `module:factory`, and the JSON object for the factory.

    memory_bytes: see services.chassis.memory.limit_memory; 0 for no limit.
    """

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    memory_bytes: int = 0


@dataclass(frozen=True)
class ModelLoad:
    """A model that was loaded: on which device (`cpu`, `cuda:0`), in how many seconds."""

    device: str
    seconds: float


class ChildProcess:
    """One life of a child. Made by `spawn`; frames arrive in order through `next_frame`."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        output: asyncio.StreamReader,
        output_end: asyncio.StreamWriter,
    ) -> None:
        self._process = process
        self._writer = writer
        self._output_end = output_end
        self._frames: asyncio.Queue[tuple[FrameKind, bytes] | None] = asyncio.Queue()
        self.ended = asyncio.Event()
        self._tasks = (
            asyncio.create_task(self._receive(reader), name=f"child-{self.pid}-frames"),
            asyncio.create_task(self._log(output), name=f"child-{self.pid}-log"),
        )

    @classmethod
    async def spawn(cls, spec: RunnerSpec) -> "ChildProcess":
        """Starts a child; it loads its model by itself (`wait_loaded`).

        Must be called on the process's main thread: the kernel sends PDEATHSIG when the *thread* that
        spawned the child ends, and a thread of a pool may end early.
        """
        ours, theirs = socket.socketpair()
        # Not a pipe: uvloop closes a pipe's descriptor twice, the second time perhaps when it is another
        # file's already; of a socket it lets go.
        log_in, log_out = socket.socketpair()
        with contextlib.ExitStack() as undo, theirs, log_out:
            undo.enter_context(ours)
            undo.enter_context(log_in)
            reader, writer = await asyncio.open_connection(sock=ours, limit=_STREAM_BUFFER_BYTES)
            undo.callback(writer.close)
            output, output_end = await asyncio.open_connection(sock=log_in, limit=_LOG_LINE_BYTES)
            undo.callback(output_end.close)
            # Not the loop's subprocess_exec: Popen uses vfork, which runs no code between fork and exec,
            # so that threads of gRPC are never forked (uvloop's forks, and runs Python in between).
            process = subprocess.Popen(  # noqa: ASYNC220
                _command(spec, theirs.fileno()),
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=log_out.fileno(),
                stderr=log_out.fileno(),
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
            undo.pop_all()
            return cls(process, reader, writer, output, output_end)

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    async def wait_loaded(self, seconds: float) -> ModelLoad:
        """Waits for the model. Raises InferenceError MODEL_LOAD_FAILED or MODEL_LOAD_TIMEOUT."""
        try:
            async with asyncio.timeout(seconds):
                frame = await self.next_frame()
        except TimeoutError:
            raise InferenceError(
                f"the model was not loaded after {seconds:g} s; see the log of the model service",
                reason=MODEL_LOAD_TIMEOUT,
            ) from None
        if frame is None:
            await self.reap()
            raise InferenceError(
                f"the model's process {self.ending()} while loading", reason=MODEL_LOAD_FAILED
            )
        kind, payload = frame
        if kind is FrameKind.LOAD_FAILED:
            raise from_task_error(task_pb2.TaskError.FromString(payload))
        loaded = struct_pb2.Struct.FromString(payload)
        return ModelLoad(loaded.fields["device"].string_value, loaded.fields["seconds"].number_value)

    async def send(self, kind: FrameKind, payload: bytes = b"") -> None:
        """Sends a frame. A child that is gone shows in `next_frame`."""
        write_frame(self._writer, kind, payload)
        try:
            await self._writer.drain()
        except ConnectionError:
            log.debug("model child gone while sending", pid=self.pid)

    def post(self, kind: FrameKind) -> None:
        """Sends an empty frame without waiting."""
        write_frame(self._writer, kind)

    async def next_frame(self) -> tuple[FrameKind, bytes] | None:
        """The next frame; None when the child is gone."""
        return await self._frames.get()

    def kill(self) -> None:
        """Kills it at once; `ended` follows."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)

    async def reap(self) -> None:
        """Makes sure that it is dead, and frees what it held. May be called again."""
        self.kill()
        await asyncio.to_thread(self._process.wait)
        # Both end with the child, unless it started a process of its own that holds its files open.
        _, left = await asyncio.wait(self._tasks, timeout=_LAST_WORDS_SECONDS)
        for task in left:
            task.cancel()
        self.ended.set()
        self._writer.close()
        self._output_end.close()
        # Not wait_closed: cancelled once, it is cancelled for every later caller. The loop closes the sockets
        # in its next round.
        await asyncio.sleep(0)

    def ending(self) -> str:
        """How it ended, for people: `was killed by signal 11 (Segmentation fault)`, `exited with code 1`."""
        code = self._process.poll()
        if code is None:
            return "runs"
        if code < 0:
            name = signal.strsignal(-code) or "unknown"
            return f"was killed by signal {-code} ({name})"
        return f"exited with code {code}"

    def crash(self) -> InferenceError:
        """The typed error of a run that this child's death ended."""
        return InferenceError(f"the model's process {self.ending()} during the run", reason=WORKER_CRASHED)

    async def _receive(self, reader: asyncio.StreamReader) -> None:
        while (frame := await read_frame(reader)) is not None:
            self._frames.put_nowait(frame)
        self.ended.set()
        self._frames.put_nowait(None)

    async def _log(self, output: asyncio.StreamReader) -> None:
        while True:
            try:
                line = await output.readline()
            except ValueError:  # longer than the buffer; asyncio has dropped it
                continue
            if not line:
                return
            text = line.decode(errors="replace").rstrip()[:_LOG_LINE_CHARACTERS]
            log.info("model child says", pid=self.pid, line=text)


def _command(spec: RunnerSpec, descriptor: int) -> list[str]:
    command = [sys.executable, "-m", "services.chassis.child", "--socket", str(descriptor)]
    command += ["--parent", str(os.getpid()), "--runner", spec.name]
    return [*command, "--memory", str(spec.memory_bytes), "--options", json.dumps(spec.options)]
