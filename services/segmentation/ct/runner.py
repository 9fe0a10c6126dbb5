"""ct-l3 in the model child: stage 1 finds L3, a person looks, stage 2 measures."""

import importlib.metadata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from radmesh.errors import InferenceError
from radmesh.segmentation.v1.ct_stage_pb2 import CtL3Stage
from services.chassis.runner import AcceptedStage, OutputFile, Progress, RunOutput, StageOutput, Work
from services.segmentation.ct.course import Course
from services.segmentation.ct.finding import Found, find_l3
from services.segmentation.ct.measure.body import body_of
from services.segmentation.ct.measured import Measuring, measured
from services.segmentation.ct.networks import Networks, PartNetwork
from services.segmentation.ct.options import CtOptions
from services.segmentation.ct.parameters import CtParameters, read_parameters
from services.segmentation.ct.reading import CtImage, CtLimits, OpeningSteps, axial, open_ct
from services.segmentation.ct.said import refusing_answer, refusing_level, said_in_review, said_with_task
from services.segmentation.ct.stage_messages import stage_message
from services.segmentation.ct.used import Said, used_files
from services.segmentation.nnunet.threads import use_threads


@dataclass(frozen=True)
class _Run:
    """One work under way."""

    work: Work
    parameters: CtParameters
    image: CtImage
    course: Course


class CtL3Runner:
    """Keeps both networks loaded."""

    def __init__(self, options: CtOptions) -> None:
        self._options = options
        self._version = importlib.metadata.version("radmesh")
        self._networks: Networks | None = None

    def load(self) -> str:
        """See Runner."""
        use_threads(self._options.threads)
        options = self._options
        self._networks = Networks(Path(options.locate), Path(options.measure), options.device)
        return self._networks.device

    def run(
        self, work: Work, report: Callable[[Progress], None], cancelled: Callable[[], bool]
    ) -> RunOutput | StageOutput:
        """See Runner."""
        course = Course(report, cancelled)
        if work.accepted is not None:
            return self._go_on(work, work.accepted, course)
        parameters = read_parameters(work.parameters)
        run = _begun(work, parameters, course)
        if parameters.names_l3:
            return self._measure(run, said_with_task(run.image, parameters, work, course), 0.1)
        # Stage 2 would refuse the header's height only after somebody had looked.
        body_of(run.image.patient, parameters.measure.height_m)
        found = find_l3(run.image, self._part("locate", run), course)
        stage = stage_message(found.location, found.model, found.seconds)
        if self._asks(found, parameters):
            return StageOutput(stage, found.files)
        return self._measure(run, Said(found.location), 0.5, _Before(found.files, stage))

    def _go_on(self, work: Work, accepted: AcceptedStage, course: Course) -> RunOutput:
        """Stage 2, after a person has looked. Raises AnswerRefused for what cannot be of what was said."""
        with refusing_answer():
            # Those of stage 1 were right.
            parameters = read_parameters(work.parameters)
        run, stage = _begun(work, parameters, course), CtL3Stage()
        if not accepted.result.Unpack(stage):
            raise InferenceError("stage 1 was run by another version; create the task again")
        said = said_in_review(run.image, parameters, accepted, stage)
        with refusing_level():
            return self._measure(run, said, 0.1, _Before((), stage))

    def _measure(self, run: _Run, said: Said, begin: float, before: "_Before | None" = None) -> RunOutput:
        """Stage 2. begin: how much of the run is done. before: stage 1, where it was run for this task."""
        networks = self._loaded()
        measuring = Measuring(
            run.image,
            said.location,
            run.parameters.measure,
            self._part("measure", run),
            self._version,
            before.stage.model if before is not None else None,
        )
        result, files = measured(measuring, run.course, begin)
        result.device, result.demonstrator = networks.device, networks.demonstrator
        if before is not None:
            result.inference_seconds += before.stage.inference_seconds
        return RunOutput(result, (*(before.files if before else ()), *used_files(said, run.image), *files))

    def _asks(self, found: Found, parameters: CtParameters) -> bool:
        """Whether a person has to look: always, unless the task goes on by itself and L3 is sure."""
        return not (parameters.auto_continue and found.location.is_sure(self._options.least_confidence))

    def _part(self, part: str, run: _Run) -> PartNetwork:
        work = run.work
        return self._loaded().part(part, work.weights, work.weights_digest, run.course.cancelled)

    def _loaded(self) -> Networks:
        if self._networks is None:
            raise RuntimeError("load comes before run")
        return self._networks


@dataclass(frozen=True)
class _Before:
    """Stage 1 of the task that is measured. files: those that are still to be kept."""

    files: tuple[OutputFile, ...]
    stage: CtL3Stage


def _begun(work: Work, parameters: CtParameters, course: Course) -> _Run:
    """The work with its study open. Raises as `open_ct` and `axial`."""
    steps = OpeningSteps(
        unpacked=course.part("unpacking", "bytes", 0.0, 0.03),
        read=course.part("reading", "files", 0.03, 0.05),
    )
    course.check()
    image = open_ct(work.images[0].path, CtLimits(), steps)
    return _Run(work, parameters, axial(image), course)


def create(options: Mapping[str, Any]) -> CtL3Runner:
    """The factory that the child calls."""
    return CtL3Runner(CtOptions(**options))
