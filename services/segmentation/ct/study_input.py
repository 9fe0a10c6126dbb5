"""The images of every pipeline that takes a CT: what may come, and how large it may be."""

from pydantic import BaseModel, Field

from radmesh import formats
from radmesh.tasks.v1.pipeline_pb2 import PipelineInput

FILE_EXTENSIONS = (".dcm", ".dicom", ".ima", ".tar", ".tgz", ".gz", ".zip", ".nii")


class StudyLimits(BaseModel, frozen=True):
    """What an operator may set of the images of such a pipeline."""

    # 10,000 slices of 512 x 512 have 5.3 GB.
    max_image_bytes: int = Field(
        8 << 30, ge=1, description="Largest image: the files of a study together, or its archive."
    )


def study_input(limits: StudyLimits, *, min_images: int = 1, max_images: int = 1) -> PipelineInput:
    """The input of a pipeline whose images are CTs: a folder of DICOM files, an archive of them, or NIfTI."""
    return PipelineInput(
        media_types=formats.SERIES,
        file_extensions=FILE_EXTENSIONS,
        min_images=min_images,
        max_images=max_images,
        max_image_bytes=limits.max_image_bytes,
        accepts_series=True,
    )
