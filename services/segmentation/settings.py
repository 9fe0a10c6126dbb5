"""What an operator may set of the segmentation service, from the environment with RADMESH_SEGMENTATION_."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.chassis.pipeline_limits import PipelineLimits
from services.chassis.worker_settings import WorkerSettings
from services.segmentation.ct.settings import CtSettings
from services.segmentation.nnunet.settings import NnunetSettings

_REPOSITORY = Path(__file__).resolve().parents[2]


class OctaSettings(PipelineLimits, frozen=True):
    """The limits of pipeline octa-vessels; RADMESH_SEGMENTATION_OCTA__MAX_IMAGE_BYTES and so on."""

    max_image_bytes: int = Field(50 << 20, ge=1, description="Largest file.")
    max_image_pixels: int = Field(36_000_000, ge=1, description="Most pixels, rows times columns.")
    min_image_side: int = Field(32, ge=1, description="Fewest pixels of the shorter side.")
    attempt_timeout_seconds: float = Field(60.0, ge=0.001, description="Time that one attempt may take.")
    # Its slowest step writes two pictures of 36 million pixels: some seconds. The model is loaded before.
    progress_timeout_seconds: float = Field(
        45.0,
        ge=0,
        description="Time without a change in an attempt's progress after which it is tried again. 0: no "
        "watch.",
    )


class SegmentationSettings(WorkerSettings):
    """The settings of the segmentation service, on top of those of every model service."""

    model_config = SettingsConfigDict(
        env_prefix="RADMESH_SEGMENTATION_", env_nested_delimiter="__", frozen=True
    )

    listen: str = Field(
        "127.0.0.1:50053", description="Where gRPC is served: host:port. Port 0 takes a free one."
    )
    models: Path = Field(_REPOSITORY / "models", description="The folder of the models.")
    device: str = Field(
        "auto",
        pattern=r"^(auto|cpu|cuda(:\d+)?)$",
        description="Where models run: auto (CUDA if there is one that works, else CPU), cpu, cuda, cuda:N.",
    )
    threads: int = Field(0, ge=0, description="CPU threads of each model. 0: what the CPUs allow.")
    octa: OctaSettings = Field(OctaSettings(), description="The limits of octa-vessels.")
    ct: CtSettings = Field(CtSettings(), description="The limits of ct-l3.")
    nnunet: NnunetSettings = Field(NnunetSettings(), description="The limits of nnunet, and of imports.")
    imported: Path | None = Field(
        None,
        description="The folder that imported models go to and are served from; one for all workers. Empty: "
        "the folder of the models.",
    )
    look_seconds: float = Field(
        2.0, gt=0, description="Pause between two looks for nnU-Net models that came, changed or went."
    )
