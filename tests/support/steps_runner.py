"""The model of pipeline `steps`: counts, and on demand fails, crashes, hangs or does not obey. No torch."""

import hashlib
import io
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from google.protobuf import json_format, struct_pb2
from PIL import Image

from radmesh import errors
from services.chassis.runner import (
    AnswerRefused,
    CancelledRun,
    OutputFile,
    Progress,
    RunOutput,
    StageOutput,
    Work,
)


class StepsRunner:
    """Runs `steps` steps of `step_seconds`; see tests/support/steps_worker.py for the parameters."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._load_seconds = float(options.get("load_seconds", 0.0))
        self._fail_load = bool(options.get("fail_load", False))

    def load(self) -> str:
        """Takes as long as it was told."""
        time.sleep(self._load_seconds)
        if self._fail_load:
            raise errors.InferenceError("told to fail while loading", reason="MODEL_LOAD_FAILED")
        print("steps runner loaded")
        return "cpu"

    def run(
        self, work: Work, report: Callable[[Progress], None], cancelled: Callable[[], bool]
    ) -> RunOutput | StageOutput:
        """Counts; what else happens is up to the parameters."""
        told = work.parameters
        steps, step_seconds = int(told["steps"]), float(told["step_seconds"])
        for step in range(steps):
            report(Progress("counting", step / steps, step, steps, "steps", f"step {step + 1} of {steps}"))
            time.sleep(step_seconds)
            if step == steps // 2:
                _misbehave(told, work.attempt)
            if cancelled() and not told["ignore_cancel"]:
                raise CancelledRun
        report(Progress("counting", 1.0, steps, steps, "steps"))
        result = struct_pb2.Struct()
        result.update({"steps": steps, "attempt": work.attempt, "image_bytes": _image_bytes(work)})
        if work.stage <= told["review_stages"]:
            return StageOutput(result, (_slice(work.stage),))
        if told.get("extra"):
            result.update({"extra_bytes": _extra_bytes(work)})
        if work.accepted:
            if steps == told["refuse_steps"]:
                why = errors.ImageFormatError(f"{steps} steps cannot be. Say others.", reason="STEPS_REFUSED")
                raise AnswerRefused(why)
            result.update(_accepted(work))
        content = json.dumps(json_format.MessageToDict(result)).encode()
        padding = b" " * (int(told["artifact_bytes"]) - len(content))
        return RunOutput(result, (OutputFile("steps.json", "application/json", content + padding),))


def _misbehave(told: Mapping[str, Any], attempt: int) -> None:
    if told["fail"]:
        raise errors.InferenceError("told to fail", reason=told["fail"])
    if attempt <= told["crash_attempts"]:
        os.kill(os.getpid(), signal.SIGKILL)
    if attempt <= told["hang_attempts"]:
        threading.Event().wait()  # for ever


def _image_bytes(work: Work) -> int:
    return sum(image.path.stat().st_size for image in work.images)


def _extra_bytes(work: Work) -> int:
    (extra,) = (image for image in work.images if image.name == work.parameters["extra"])
    return len(extra.content)


def _slice(stage: int) -> OutputFile:
    content = io.BytesIO()
    Image.new("L", (16, 16), 10 * stage).save(content, "PNG")
    return OutputFile(f"slice-{stage}.png", "image/png", content.getvalue())


def _accepted(work: Work) -> dict[str, Any]:
    """What the last stage saw of those before it: the SHA-256 of each file as it was accepted."""
    assert work.accepted
    before = struct_pb2.Struct()
    assert work.accepted.result.Unpack(before)
    files = {name: hashlib.sha256(work.accepted.content(name)).hexdigest() for name in work.accepted.files}
    return {"stage": work.stage, "stage_attempt": before["attempt"], "accepted": files}


def create(options: Mapping[str, Any]) -> StepsRunner:
    """The factory that the child calls."""
    return StepsRunner(options)
