"""Whether a patient's study of a date that is being analysed is taken instead of analysed once more."""

import asyncio
from dataclasses import dataclass
from typing import Annotated

import typer

from radmesh.cli.inputs import Input
from radmesh.cli.running import UsageError
from radmesh.client import study_key
from radmesh.tasks.v1.pipeline_pb2 import Pipeline

OncePerStudyOption = Annotated[
    bool | None,
    typer.Option(
        "--once-per-study/--force",
        help="Take the active task of the same patient and study date, if there is one; or make another all "
        "the same. As the pipeline says when neither is given.",
        show_default=False,
    ),
]
SAME_STUDY = "this patient and study date; --force makes another"


@dataclass(frozen=True)
class OncePerStudy:
    """applies: whether tasks are keyed by their study. insists: whether what has no study is refused."""

    applies: bool
    insists: bool = False

    async def key(self, one: Input) -> str:
        """The `dedupe_key` of an input, a digest; empty for none. Raises OSError, UsageError."""
        if not self.applies:
            return ""
        found = await asyncio.to_thread(study_key, one.paths)
        if not found and self.insists:
            raise UsageError(
                "It has no DICOM that names a patient, a date or a study: leave --once-per-study out."
            )
        return found


def once_per_study(said: bool | None, pipeline: Pipeline) -> OncePerStudy:
    """What holds where the command line has said so; None where it is left to the pipeline."""
    return OncePerStudy(pipeline.one_task_per_study if said is None else said, insists=said is True)
