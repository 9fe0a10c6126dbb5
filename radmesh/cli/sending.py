"""Brings the images of an input in, and says in a few words how far they are."""

from radmesh.cli.inputs import Input
from radmesh.client import Client, UploadProgress, UploadStage
from radmesh.client.sources import OnUpload

_WORTH_FIGURES = 64 << 20
"""A smaller image has arrived before anybody has read how far it is."""


async def send_images(client: Client, one: Input, pipeline: str, on_progress: OnUpload) -> list[str]:
    """The names of an input's images once they arrived. Raises as `Client.upload` and `upload_series`."""
    if one.series:
        image = await client.upload_series(one.paths, pipeline=pipeline, on_progress=on_progress)
        return [image.name]
    return [
        (await client.upload(path, pipeline=pipeline, on_progress=on_progress)).name for path in one.paths
    ]


def upload_words(progress: UploadProgress, *, step: float = 0.01) -> str:
    """`uploading 42 % of 3.1 GB`; `uploading` alone for a small image. step: the share is a multiple of."""
    verb = "uploading" if progress.stage is UploadStage.SENDING else "reading"
    if progress.total_bytes < _WORTH_FIGURES:
        return "uploading"
    share = int(progress.done_bytes / progress.total_bytes / step) * step
    return f"{verb} {share:.0%} of {progress.total_bytes / 1e9:.1f} GB".replace("%", " %")
