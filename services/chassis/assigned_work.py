"""An assignment and the files that follow it: in which order they come, and the work that they make."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from google.protobuf import json_format

from radmesh import names
from radmesh.tasks.v1.worker_service_pb2 import AcceptedStage as AcceptedStageMessage
from radmesh.tasks.v1.worker_service_pb2 import AssignedImage, Assignment
from services.chassis.artifacts import artifact_key
from services.chassis.runner import AcceptedStage, Work, WorkFile, WorkImage


def blob_keys(assignment: Assignment) -> list[str]:
    """The blobs of an assignment's files: its images, then what stages before it left and reviewers gave."""
    before = assignment.accepted_stage
    return [
        *(image.name for image in assignment.images),
        *(artifact_key(assignment.lease.task, one.attempt, one.file_name) for one in before.artifacts),
        *(one.image.name for one in before.replacements),
    ]


def make_work(assignment: Assignment, paths: Iterable[Path]) -> Work:
    """The work. paths: where the files of `blob_keys` lie, in their order."""
    files = iter(paths)
    images = tuple(_image(image, next(files)) for image in assignment.images)
    accepted = _accepted(assignment.accepted_stage, files) if assignment.HasField("accepted_stage") else None
    return Work(
        task=assignment.lease.task,
        attempt=assignment.lease.attempt,
        pipeline=assignment.pipeline,
        parameters=json_format.MessageToDict(assignment.parameters) if assignment.parameters.fields else {},
        images=images,
        weights=assignment.weights,
        weights_digest=assignment.weights_digest,
        stage=max(assignment.stage, 1),
        accepted=accepted,
    )


def _accepted(stage: AcceptedStageMessage, paths: Iterator[Path]) -> AcceptedStage:
    written = {one.file_name: WorkFile(one.file_name, one.media_type, next(paths)) for one in stage.artifacts}
    replacements = {_file_name(one.artifact): _image(one.image, next(paths)) for one in stage.replacements}
    return AcceptedStage(stage.stage_result, written, replacements)


def _image(image: AssignedImage, path: Path) -> WorkImage:
    return WorkImage(image.name, image.media_type, path)


def _file_name(artifact: str) -> str:
    found = names.parse("artifacts", artifact)
    if found is None:
        raise ValueError(f"{artifact!r} is no artifact's name")
    return found[1]
