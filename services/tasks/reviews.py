"""Reviews of stages: what is kept of them, and whether a decision fits what was shown. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from radmesh import names
from radmesh.errors import (
    ArtifactNotFoundError,
    ImageFormatError,
    ImageNotFoundError,
    InvalidRequestError,
    Violation,
)
from radmesh.tasks.v1 import pipeline_pb2, review_pb2, task_pb2
from radmesh.tasks.v1.review_service_pb2 import ReviewTaskRequest
from services.tasks.lifecycle import Cause, Decision
from services.tasks.reviewed_parameters import NONE, ReviewedParameters

MAX_REASON_CHARACTERS = 500
MAX_REPLACEMENTS = 16


@dataclass(frozen=True)
class Replacement:
    """What a reviewer put in the place of an artifact. image: SHA-256."""

    file_name: str
    image: str
    size_bytes: int
    media_type: str


@dataclass(frozen=True)
class RefusedAnswer:
    """Why what a reviewer said could not be used."""

    reason: str
    message: str
    metadata: Mapping[str, str]


@dataclass(frozen=True)
class ReviewRecord:
    """A stage that was shown to people. attempt: the one that did it. sequence: of the event that opened it.

    reviewer, decide_time, reason, replacements and parameters_json are set by the decision; the last holds
    what the reviewer set. refused: set where that could not be used, and the stage was shown again.
    """

    stage: int
    attempt: int
    sequence: int
    open_time: datetime
    expire_time: datetime
    decision: Decision = Decision.UNDECIDED
    reviewer: str = ""
    decide_time: datetime | None = None
    reason: str = ""
    replacements: tuple[Replacement, ...] = ()
    parameters_json: str = "{}"
    refused: RefusedAnswer | None = None


@dataclass(frozen=True)
class AskedDecision:
    """What a reviewer says. replacements: SHA-256 of an image by the file name of the artifact.

    parameters: those that the reviewer sets.
    """

    task_id: str
    sequence: int
    decision: Decision
    reason: str
    replacements: Mapping[str, str]
    parameters: ReviewedParameters = NONE


def read_decision(request: ReviewTaskRequest) -> AskedDecision:
    """What the request says. Raises InvalidRequestError with every field that breaks its rule."""
    problems = []
    task = names.parse("tasks", request.name)
    if task is None:
        problems.append(Violation("name", names.rule("tasks")))
    if request.sequence < 1:
        problems.append(Violation("sequence", "must be that of the review that was seen, from 1"))
    accepted = request.decision == review_pb2.REVIEW_DECISION_ACCEPTED
    rejected = request.decision == review_pb2.REVIEW_DECISION_REJECTED
    if not accepted and not rejected:
        problems.append(Violation("decision", "must be ACCEPTED or REJECTED"))
    if rejected and not request.reason.strip():
        problems.append(Violation("reason", "must say why the stage is rejected"))
    if len(request.reason) > MAX_REASON_CHARACTERS:
        problems.append(Violation("reason", f"at most {MAX_REASON_CHARACTERS} characters"))
    if not request.reason.replace("\n", "").isprintable():
        problems.append(Violation("reason", "must not have control characters but line breaks"))
    if request.replacements and not accepted:
        problems.append(Violation("replacements", "only an accepted stage has them"))
    if request.parameters.fields and not accepted:
        problems.append(Violation("parameters", "only an accepted stage has them"))
    replacements, more = _read_replacements(request)
    if problems or more or task is None:
        raise InvalidRequestError(problems + more)
    decision = Decision.ACCEPTED if accepted else Decision.REJECTED
    return AskedDecision(task[0], request.sequence, decision, request.reason, replacements)


def _read_replacements(request: ReviewTaskRequest) -> tuple[dict[str, str], list[Violation]]:
    found: dict[str, str] = {}
    if len(request.replacements) > MAX_REPLACEMENTS:
        return found, [Violation("replacements", f"at most {MAX_REPLACEMENTS}")]
    problems = []
    for index, one in enumerate(request.replacements):
        field = f"replacements[{index}]"
        artifact, image = names.parse("artifacts", one.artifact), names.parse("images", one.image)
        if image is None:
            problems.append(Violation(f"{field}.image", names.rule("images")))
        if artifact is None or f"tasks/{artifact[0]}" != request.name:
            problems.append(Violation(f"{field}.artifact", "must be an artifact of this task"))
        elif artifact[1] in found:
            problems.append(Violation(f"{field}.artifact", "stands twice"))
        else:
            found[artifact[1]] = image[0] if image else ""
    return dict(sorted(found.items())), problems


def check_replacements(
    asked: Mapping[str, str],
    shown: Sequence[task_pb2.Artifact],
    media_types: Mapping[str, str],
    described: Iterable[pipeline_pb2.PipelineArtifact] = (),
) -> None:
    """Checks that each replacement can take the place of an artifact.

    asked: see `AskedDecision`. shown: the artifacts of the reviewed stage. media_types: of the images that
    the reviewer may use, by SHA-256. described: what the pipeline says of its artifacts. Raises
    ArtifactNotFoundError, ImageNotFoundError, ImageFormatError.
    """
    accepted = {one.file_name: list(one.replacement_media_types) for one in described}
    artifacts = {artifact.file_name: artifact for artifact in shown}
    for file_name, image in asked.items():
        if file_name not in artifacts:
            raise ArtifactNotFoundError(
                f"The reviewed stage has no artifact {file_name}. It has {', '.join(artifacts) or 'none'}."
            )
        if image not in media_types:
            raise ImageNotFoundError(
                f"There is no image images/{image}. Upload it first.", metadata={"image": f"images/{image}"}
            )
        own = artifacts[file_name].media_type
        wanted = accepted.get(file_name) or [own]
        if media_types[image] not in wanted:
            raise ImageFormatError(
                f"images/{image} is {media_types[image]}; what takes the place of {file_name} must be "
                f"{' or '.join(wanted)}.",
                metadata={"image": f"images/{image}", "media_type": media_types[image]},
            )


def replacements_in_force(reviews: Sequence[ReviewRecord]) -> Sequence[Replacement]:
    """What takes the place of artifacts after these reviews, which show an artifact again only if refused."""
    return [replacement for review in reviews if not review.refused for replacement in review.replacements]


def rejection(reviewer: str, reason: str) -> task_pb2.TaskError:
    """The error of a task that a person rejected."""
    return task_pb2.TaskError(
        reason=Cause.REVIEW_REJECTED.value,
        message=f"The reviewer rejected the task: {reason}",
        metadata={"reviewer": reviewer, "review_reason": reason},
    )
