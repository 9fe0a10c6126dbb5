"""The settings of the sweep of the blob store, a part of `RADMESH_TASKS_*`."""

from pydantic import Field, field_validator

from radmesh.errors import FailedPreconditionError
from services.chassis.blobs import folder_of
from services.chassis.settings import ServiceSettings


class SweepSettings(ServiceSettings):
    """What an operator can set about the files that nobody needs any more."""

    blobs: str = Field(
        "",
        description="The blob store whose files are swept, file:///absolute/folder; of this mesh alone, as "
        "what this mesh does not know is deleted. Empty: nothing is swept.",
    )
    sweep_seconds: float = Field(
        3600.0,
        ge=0,
        description="Time from the end of a sweep to the next one, by any replica. 0: only when an operator "
        "asks (`radmesh blobs sweep`).",
    )
    sweep_keep_seconds: float = Field(
        86_400.0,
        gt=0,
        description="Age from which a file goes that no record knows, or of an attempt that did not win. "
        "Images go by RADMESH_TASKS_IMAGE_PIN_SECONDS and the tasks that need them.",
    )

    @field_validator("blobs")
    @classmethod
    def _names_a_folder(cls, value: str) -> str:
        if value:
            try:
                folder_of(value)
            except FailedPreconditionError as error:
                raise ValueError("must be file:///absolute/folder, or empty") from error
        return value
