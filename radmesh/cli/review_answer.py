"""What the command line of `radmesh review` decides, and how that is told to the mesh."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from radmesh.cli.parameters import read_parameters
from radmesh.cli.review_pictures import check_mask
from radmesh.cli.running import UsageError
from radmesh.client import Client, open_review, reviewed_artifacts
from radmesh.tasks.v1 import pipeline_pb2, task_pb2

SLICES = "slice_range"
"""The parameter that `--slices` sets, where a pipeline has it."""


@dataclass(frozen=True)
class Decided:
    """The options that decide, as they were typed; None and () where they were not."""

    accept: bool = False
    mask: Path | None = None
    slices: str | None = None
    replace: tuple[str, ...] = ()
    param: tuple[str, ...] = ()
    reject: str | None = None
    sequence: int | None = None


@dataclass(frozen=True)
class Answer:
    """A decision. mask: takes the place of the stage's mask. files: by the artifact they take the place of.

    param: `name=value` of parameters for what follows.
    """

    accept: bool
    reason: str
    files: Mapping[str, Path]
    param: tuple[str, ...]
    mask: Path | None
    sequence: int | None

    async def give(self, client: Client, name: str) -> task_pb2.Task:
        """Decides; returns the task after it. Raises UsageError, and what `Client.review` raises."""
        answer, parameters = self, {}
        if self.mask or self.param:
            task = await client.get(name)
            pipeline = await client.pipeline(task.pipeline)
            answer = await self._with_mask(client, task, pipeline)
            parameters = read_parameters(self.param, _reviewable(pipeline))
        return await client.review(
            name,
            accept=self.accept,
            reason=self.reason,
            replacements=answer.files,
            parameters=parameters,
            sequence=answer.sequence,
        )

    async def _with_mask(
        self, client: Client, task: task_pb2.Task, pipeline: pipeline_pb2.Pipeline
    ) -> "Answer":
        if self.mask is None:
            return self
        review = open_review(task)
        replaceable = {
            one.file_name: one.replacement_media_types
            for one in pipeline.artifacts
            if one.replacement_media_types
        }
        masks = [one for one in reviewed_artifacts(task, review) if one.file_name in replaceable]
        if len(masks) != 1:
            raise UsageError("The stage has not one mask that --mask could stand for: use --replace.")
        await check_mask(client, masks[0], self.mask, replaceable[masks[0].file_name])
        sequence = self.sequence or review.sequence
        return replace(self, files={**self.files, masks[0].file_name: self.mask}, sequence=sequence)


def read_answer(given: Decided) -> Answer | None:
    """The decision; None where nothing is decided. Raises UsageError."""
    for option, text in (("--reject", given.reject), ("--slices", given.slices)):
        if text is not None and not text.strip():
            raise UsageError(f"{option} is empty. Nothing was decided.")
    rejects, slices = given.reject is not None, given.slices is not None
    accepts = bool(given.accept or given.mask or slices or given.replace or given.param)
    if rejects and accepts:
        raise UsageError("A stage is either accepted or rejected.")
    if given.mask and slices:
        raise UsageError("Either a mask says where it is, or slices do.")
    if not accepts and not rejects:
        return None
    param = (*given.param, *([f"{SLICES}={given.slices}"] if slices else ()))
    files = read_replacements(given.replace)
    return Answer(not rejects, given.reject or "", files, param, given.mask, given.sequence)


def read_replacements(given: Sequence[str]) -> Mapping[str, Path]:
    """The files by the artifacts whose places they take. Raises UsageError."""
    found: dict[str, Path] = {}
    for one in given:
        artifact, separator, path = one.partition("=")
        if not separator or not artifact or not Path(path).is_file():
            raise UsageError(f"--replace {one}: must be ARTIFACT=FILE, such as mask.png=corrected.png.")
        if artifact in found:
            raise UsageError(f"--replace {artifact}: stands twice.")
        found[artifact] = Path(path)
    return found


def _reviewable(pipeline: pipeline_pb2.Pipeline) -> pipeline_pb2.Pipeline:
    """The pipeline with no other parameters than a reviewer may set."""
    found = pipeline_pb2.Pipeline(name=pipeline.name)
    found.parameters.extend(one for one in pipeline.parameters if one.reviewable)
    return found
