"""The model's own process: `python -m services.chassis.child`. It never sees gRPC.

A model that crashes, hangs or leaks takes this process with it and not the service. It reads frames
(services/chassis/frames.py) from an inherited socket, and is gone when its parent is: at end of file, and
by PDEATHSIG should the main thread not get to run.
"""

import argparse
import ctypes
import faulthandler
import importlib
import json
import os
import queue
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable

from google.protobuf import any_pb2, struct_pb2

from radmesh.errors import InferenceError, RadmeshError
from radmesh.tasks.v1 import task_pb2, worker_service_pb2
from services.chassis.artifacts import describe
from services.chassis.assigned_work import blob_keys, make_work
from services.chassis.frames import FrameKind, decode_paths, receive_frame, send_frame
from services.chassis.memory import is_out_of_memory, limit_memory
from services.chassis.runner import (
    AnswerRefused,
    CancelledRun,
    Progress,
    Runner,
    RunnerFactory,
    StageOutput,
    Work,
)
from services.chassis.task_errors import OUT_OF_MEMORY, to_task_error

_PR_SET_PDEATHSIG = 1


class _Inbox:
    """Reads frames on a thread of its own: a cancel or the parent's end is seen while a model runs."""

    def __init__(self, connection: socket.socket) -> None:
        # Buffered: a frame is one call of the system, not one for its header and one for its payload.
        self._frames = connection.makefile("rb")
        self._work: queue.SimpleQueue[tuple[Work, threading.Event]] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True, name="frames").start()

    def next(self) -> tuple[Work, threading.Event]:
        """The next work, and the event that tells that it was cancelled."""
        return self._work.get()

    def _read(self) -> None:
        cancelled = threading.Event()
        while (frame := receive_frame(self._frames)) is not None:
            kind, payload = frame
            if kind is FrameKind.CANCEL:
                cancelled.set()
            elif kind is FrameKind.ASSIGNMENT:
                work = self._receive_work(payload)
                if work is None:
                    break
                cancelled = threading.Event()
                self._work.put((work, cancelled))
        # Nobody is left to hand a result to, and a model in the middle of its work cannot be asked to stop.
        os._exit(0)

    def _receive_work(self, payload: bytes) -> Work | None:
        assignment = worker_service_pb2.Assignment.FromString(payload)
        if not blob_keys(assignment):
            return make_work(assignment, ())
        frame = receive_frame(self._frames)
        return make_work(assignment, decode_paths(frame[1])) if frame else None


def serve(connection: socket.socket, create: Callable[[], Runner]) -> None:
    """Loads the model, then runs what arrives, one work after the other. Returns when loading fails."""
    inbox = _Inbox(connection)
    started = time.monotonic()
    try:
        runner = create()
        device = runner.load()
    except Exception as error:  # noqa: BLE001  whatever a model's code raises has to reach the parent
        send_frame(connection, FrameKind.LOAD_FAILED, _failure(error, "MODEL_LOAD_FAILED"))
        return
    ready = struct_pb2.Struct()
    ready.update({"device": device, "seconds": time.monotonic() - started})
    send_frame(connection, FrameKind.READY, ready.SerializeToString())
    while True:
        work, cancelled = inbox.next()
        _run(connection, runner, work, cancelled)


def _run(connection: socket.socket, runner: Runner, work: Work, cancelled: threading.Event) -> None:
    def report(progress: Progress) -> None:
        send_frame(connection, FrameKind.PROGRESS, _progress(progress).SerializeToString())

    try:
        output = runner.run(work, report, cancelled.is_set)
        result = any_pb2.Any()
        result.Pack(output.result)
    except CancelledRun:
        send_frame(connection, FrameKind.CANCELLED)
        return
    except AnswerRefused as refused:
        send_frame(connection, FrameKind.ANSWER_REFUSED, to_task_error(refused.error).SerializeToString())
        return
    except Exception as error:  # noqa: BLE001  whatever a model's code raises has to reach the parent
        send_frame(connection, FrameKind.FAILED, _failure(error, InferenceError.reason))
        return
    for file in output.files:
        send_frame(connection, FrameKind.FILE, describe(file).SerializeToString())
        send_frame(connection, FrameKind.CONTENT, file.content)
    last = FrameKind.STAGE_RESULT if isinstance(output, StageOutput) else FrameKind.RESULT
    send_frame(connection, last, result.SerializeToString())


def _progress(progress: Progress) -> task_pb2.TaskProgress:
    message = task_pb2.TaskProgress(
        stage=progress.stage,
        units_done=progress.units_done,
        units_total=progress.units_total,
        unit=progress.unit,
        fraction=min(max(progress.fraction, 0.0), 1.0),
        message=progress.message[:200],
    )
    if progress.eta_seconds is not None:
        message.eta.FromMilliseconds(int(progress.eta_seconds * 1000))
    return message


def _failure(error: Exception, reason: str) -> bytes:
    """The TaskError of an exception. What is not ours is only named: its text may quote the image."""
    if not isinstance(error, RadmeshError):
        traceback.print_exc()
        if is_out_of_memory(error):
            error = InferenceError(
                "the model ran out of memory; it may have more later", reason=OUT_OF_MEMORY
            )
        else:
            error = InferenceError(f"the model failed with {type(error).__name__}", reason=reason)
    return to_task_error(error).SerializeToString()


def _die_with(parent: int) -> None:
    """Asks the kernel for SIGKILL when the parent dies (prctl(2)); exits if that has happened already."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:
        os._exit(0)


def _factory(name: str) -> RunnerFactory:
    module, _, attribute = name.partition(":")
    factory: RunnerFactory = getattr(importlib.import_module(module), attribute)
    return factory


def main() -> None:
    """Runs the child until its parent is gone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--socket", type=int, required=True, help="inherited file descriptor")
    parser.add_argument("--parent", type=int, required=True, help="process id of the service")
    parser.add_argument("--runner", required=True, help="module:factory")
    parser.add_argument("--memory", type=int, default=0, help="bytes that it may allocate; 0: no limit")
    parser.add_argument("--options", type=json.loads, default={}, help="JSON object for the factory")
    arguments = parser.parse_args()
    _die_with(arguments.parent)
    faulthandler.enable()
    limit_memory(arguments.memory)
    # A terminal's Ctrl-C, or a supervisor's SIGTERM, may reach the whole process group. A draining parent
    # still wants the result; it decides when the child ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    connection = socket.socket(fileno=arguments.socket)
    connection.set_inheritable(False)
    serve(connection, lambda: _factory(arguments.runner)(arguments.options))
    sys.exit(1)


if __name__ == "__main__":
    main()
