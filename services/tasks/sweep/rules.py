"""Which files somebody needs, by their keys and what the store knows of them. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from google.protobuf.message import DecodeError

from radmesh.tasks.v1.task_pb2 import Artifact

IMAGES, ARTIFACTS = "images", "artifacts"
_IMAGE = re.compile(rf"{IMAGES}/([0-9a-f]{{64}})")
_ARTIFACT = re.compile(rf"{ARTIFACTS}/([^/]+)/([1-9][0-9]{{0,8}})(?:/[^/]+)?")


class ImageStanding(Enum):
    """How the store sees an image. LET_GO: it was needed until nothing kept it any more."""

    RECORDED = "RECORDED"
    LET_GO = "LET_GO"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True)
class TaskFiles:
    """Which files of a task are needed: those of `attempts` once it ended, all before."""

    ended: bool
    attempts: frozenset[int] = frozenset()

    @classmethod
    def of_ended(cls, attempt: int, artifacts: Iterable[bytes]) -> "TaskFiles":
        """The files of a task that ended: those of the attempts that wrote its artifacts, serialized here.

        An artifact that does not say who wrote it comes from the attempt that won. Where a record cannot be
        read, everything is needed.
        """
        try:
            wrote = frozenset(Artifact.FromString(one).attempt or attempt for one in artifacts)
        except DecodeError:
            return cls(ended=False)
        return cls(ended=True, attempts=wrote)


def image_of(key: str) -> str | None:
    """The SHA-256 of an image's file; None of a file that is no image's."""
    found = _IMAGE.fullmatch(key)
    return found[1] if found else None


def task_of(key: str) -> str | None:
    """The id of the task that a file is an artifact of; None of a file that is none."""
    found = _ARTIFACT.fullmatch(key)
    return found[1] if found else None


def artifact_is_needed(key: str, known: Mapping[str, TaskFiles]) -> bool:
    """Whether a task that exists needs a file. known: the tasks that exist, of those that own files."""
    found = _ARTIFACT.fullmatch(key)
    files = known.get(found[1]) if found else None
    if files is None or found is None:
        return False
    return not files.ended or int(found[2]) in files.attempts
