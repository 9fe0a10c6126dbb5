"""Which runner of this service runs which pipelines. A new family of models is one entry here."""

from services.chassis.cpus import available_cpus
from services.chassis.families import Family
from services.segmentation.ct import pipeline as ct_pipeline
from services.segmentation.ct.options import FACTORY as CT_RUNNER
from services.segmentation.ct.options import CtOptions
from services.segmentation.nnunet import pipeline as nnunet_pipeline
from services.segmentation.nnunet.options import CHOOSER as NNUNET_CHOOSER
from services.segmentation.nnunet.options import DELETER as NNUNET_DELETER
from services.segmentation.nnunet.options import IMPORTER as NNUNET_IMPORTER
from services.segmentation.nnunet.options import RUNNER as NNUNET_RUNNER
from services.segmentation.nnunet.options import NnunetOptions
from services.segmentation.octa import pipeline as octa_pipeline
from services.segmentation.octa.options import FACTORY as OCTA_RUNNER
from services.segmentation.octa.options import OctaOptions
from services.segmentation.settings import SegmentationSettings


def families(settings: SegmentationSettings) -> tuple[Family, ...]:
    """The families of the segmentation service, with what its settings mean for each.

    octa-vessels is loaded from the start, because its callers wait before a screen.
    """
    nnunet = nnunet_options(settings).to_json()
    served = (
        Family((octa_pipeline.NAME,), OCTA_RUNNER, octa_options(settings).to_json(), at_start=True),
        Family((nnunet_pipeline.NAME,), NNUNET_RUNNER, nnunet),
        Family((nnunet_pipeline.IMPORT_NAME,), NNUNET_IMPORTER, nnunet),
        Family((nnunet_pipeline.DELETE_NAME,), NNUNET_DELETER, nnunet),
        Family((nnunet_pipeline.OFFICIAL_NAME,), NNUNET_CHOOSER, nnunet),
    )
    if not ct_pipeline.is_served(settings.models):
        return served
    return (*served, Family((ct_pipeline.NAME,), CT_RUNNER, ct_options(settings).to_json()))


def ct_options(settings: SegmentationSettings) -> CtOptions:
    """What the settings mean for the runner of ct-l3."""
    return CtOptions(
        locate=str((settings.models / ct_pipeline.LOCATE_MODEL).resolve()),
        measure=str((settings.models / ct_pipeline.MEASURE_MODEL).resolve()),
        device=settings.device,
        threads=threads(settings),
        least_confidence=settings.ct.least_confidence,
    )


def nnunet_options(settings: SegmentationSettings) -> NnunetOptions:
    """What the settings mean for the runners of nnunet, nnunet-import and nnunet-delete."""
    return NnunetOptions(
        models=str(settings.models.resolve()),
        imported=str((settings.imported or settings.models).resolve()),
        device=settings.device,
        threads=threads(settings),
        max_unpacked_bytes=settings.nnunet.max_unpacked_bytes,
        max_models=settings.nnunet.max_models,
    )


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
