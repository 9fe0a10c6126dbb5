"""What an operator may set of pipeline nnunet and of imports: RADMESH_SEGMENTATION_NNUNET__… ."""

from pydantic import Field

from services.chassis.pipeline_limits import PipelineLimits
from services.segmentation.ct.study_input import StudyLimits


class NnunetSettings(PipelineLimits, StudyLimits, frozen=True):
    """The limits of pipeline nnunet."""

    # A large volume, five folds and mirroring on two cores take an hour.
    attempt_timeout_seconds: float = Field(
        4 * 3600.0, ge=0.001, description="Time that one attempt may take."
    )
    # A tile of the largest patch takes a minute on a slow core; so does resampling a whole body.
    progress_timeout_seconds: float = Field(
        600.0,
        ge=0,
        description="Time without a change in an attempt's progress after which it is tried again. 0: no "
        "watch.",
    )
    max_import_bytes: int = Field(8 << 30, ge=1, description="Largest archive of a model to import.")
    max_unpacked_bytes: int = Field(16 << 30, ge=1, description="What the checkpoints in it may unpack to.")
    max_models: int = Field(100, ge=1, le=150, description="Models that the pipeline serves at most.")
