"""What an operator may set of pipeline ct-l3; RADMESH_SEGMENTATION_CT__MAX_IMAGE_BYTES and so on."""

from pydantic import Field

from services.chassis.pipeline_limits import PipelineLimits
from services.segmentation.ct.study_input import StudyLimits


class CtSettings(PipelineLimits, StudyLimits, frozen=True):
    """The limits of pipeline ct-l3."""

    # A study of 2,000 slices on two cores, other tasks beside it, takes a few minutes.
    attempt_timeout_seconds: float = Field(
        1800.0, ge=0.001, description="Time that one attempt, at one stage, may take."
    )
    # Its slowest steps are opening an archive of gigabytes, whose headers are all read, and loading a model.
    progress_timeout_seconds: float = Field(
        180.0,
        ge=0,
        description="Time without a change in an attempt's progress after which it is tried again. 0: no "
        "watch.",
    )
    review_timeout_seconds: float = Field(
        7 * 86400.0, ge=0.001, description="Time that L3 waits for a person's decision: a week."
    )
    least_confidence: float = Field(
        0.5,
        ge=0,
        le=1,
        description="Confidence of L3 below which a person is asked even with auto_continue.",
    )
