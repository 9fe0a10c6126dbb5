"""Which runner of this service runs which pipelines. A new family of models is one entry here."""

from services.chassis.cpus import available_cpus
from services.chassis.families import Family
from services.segmentation.octa import pipeline as octa_pipeline
from services.segmentation.octa.options import FACTORY as OCTA_RUNNER
from services.segmentation.octa.options import OctaOptions
from services.segmentation.settings import SegmentationSettings


def families(settings: SegmentationSettings) -> tuple[Family, ...]:
    """The families of the segmentation service, with what its settings mean for each.

    octa-vessels is loaded from the start, because its callers wait before a screen.
    """
    return (Family((octa_pipeline.NAME,), OCTA_RUNNER, octa_options(settings).to_json(), at_start=True),)


def octa_options(settings: SegmentationSettings) -> OctaOptions:
    """What the settings mean for the runner of octa-vessels."""
    return OctaOptions(
        model=str((settings.models / octa_pipeline.MODEL).resolve()),
        device=settings.device,
        threads=threads(settings),
        max_bytes=settings.octa.max_image_bytes,
        max_pixels=settings.octa.max_image_pixels,
        min_side=settings.octa.min_image_side,
    )


def threads(settings: SegmentationSettings) -> int:
    """CPU threads of each child: as set, or this slot's share of what the process may use."""
    return settings.threads or max(1, available_cpus() // settings.slots)
