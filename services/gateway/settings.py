"""What an operator may set of the gateway, from the environment with the prefix RADMESH_GATEWAY_."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.chassis.roles import OPERATORS_SETTING
from services.chassis.settings import ServiceSettings


class GatewaySettings(ServiceSettings):
    """The settings of the gateway, on top of those of every service."""

    model_config = SettingsConfigDict(env_prefix="RADMESH_GATEWAY_", frozen=True)

    listen: str = Field(
        "127.0.0.1:50051", description="Where gRPC is served: host:port. Port 0 takes a free one."
    )
    operators: str = Field("local", description=OPERATORS_SETTING)
    reviewers: str = Field(
        "",
        description="Principals that have the role `reviewer` though no role came with their call, joined by "
        "commas. They list, see and decide what waits for a review, whosever it is.",
    )
    tasks: str = Field(
        "127.0.0.1:50052",
        description="Where `tasks` is: host:port, several joined by commas, or a gRPC target.",
    )
    tasks_timeout_seconds: float = Field(
        10.0, gt=0, description="Time that `tasks` gets for one answer; a caller's shorter deadline holds."
    )
    long_call_seconds: float = Field(
        900.0,
        gt=0,
        description="The same for what looks at every task or every file: CheckStuckTasks, RecoverTasks and "
        "SweepBlobs.",
    )
    blobs: str = Field(..., description="The blob store, file:///absolute/folder.")
    max_upload_bytes: int = Field(
        50 << 20, ge=1, description="Largest upload where the pipeline does not say, or none is named."
    )
    min_free_bytes: int = Field(
        512 << 20, ge=0, description="Free space of the blob store under which no upload is taken."
    )
    upload_keep_seconds: float = Field(
        3600.0, gt=0, description="Time that an upload is kept after something last arrived."
    )
    sweep_seconds: float = Field(60.0, gt=0, description="Pause between two looks for expired uploads.")
    watch_limit: int = Field(10_000, ge=1, description="Watches open at once.")
    bookmark_seconds: float = Field(10.0, gt=0, description="Silence after which a watch gets a bookmark.")
    descriptor_seconds: float = Field(
        5.0, gt=0, description="Pause between two looks for new result types of workers."
    )
