"""One child for several pipelines: passes each work to the runner of its family, loaded when first needed."""

import importlib
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from radmesh.errors import InferenceError, RadmeshError
from services.chassis.runner import Progress, Runner, RunnerFactory, RunOutput, StageOutput, Work
from services.chassis.task_errors import MODEL_LOAD_FAILED


class FamilyRunner:
    """families: the fields of `services.chassis.families.Family`, as JSON has them."""

    def __init__(self, families: Sequence[Mapping[str, Any]]) -> None:
        self._families = [_Member(**family) for family in families]
        self._by_pipeline = {name: member for member in self._families for name in member.pipelines}

    def load(self) -> str:
        """See Runner. The device is that of the first family that is loaded now; empty when none is."""
        devices = [member.load() for member in self._families if member.at_start]
        return next(iter(devices), "")

    def run(
        self, work: Work, report: Callable[[Progress], None], cancelled: Callable[[], bool]
    ) -> RunOutput | StageOutput:
        """See Runner."""
        member = self._by_pipeline.get(work.pipeline)
        if member is None:
            raise InferenceError(f"this worker does not run {work.pipeline}")
        if member.loaded is None:
            report(Progress("loading", 0.0))
            _load_for_work(member)
        assert member.loaded is not None
        return member.loaded.run(work, report, cancelled)


@dataclass
class _Member:
    pipelines: Sequence[str]
    runner: str
    options: Mapping[str, Any]
    at_start: bool
    loaded: Runner | None = None

    def load(self) -> str:
        module, _, attribute = self.runner.partition(":")
        factory: RunnerFactory = getattr(importlib.import_module(module), attribute)
        runner = factory(self.options)
        device = runner.load()
        self.loaded = runner
        return device


def _load_for_work(member: _Member) -> None:
    try:
        member.load()
    except RadmeshError:
        raise
    except Exception as error:
        # As at the start of a child: what a model's code raises is named, and its text only logged.
        traceback.print_exc()
        message = f"the model cannot be loaded ({type(error).__name__}); see the log of the model service"
        raise InferenceError(message, reason=MODEL_LOAD_FAILED) from error


def create(options: Mapping[str, Any]) -> FamilyRunner:
    """The factory that the child calls."""
    return FamilyRunner(options["families"])
