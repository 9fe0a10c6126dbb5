"""Runs the segmentation service: `python -m services.segmentation`."""

import sys

from radmesh.errors import RadmeshError
from services.chassis.metrics import Metrics
from services.chassis.server import run
from services.segmentation.service import SegmentationService
from services.segmentation.settings import SegmentationSettings


def create(metrics: Metrics) -> SegmentationService:
    """The service, from the environment. A model that is not as its manifest says ends the process."""
    try:
        return SegmentationService(SegmentationSettings(), metrics)
    except RadmeshError as error:
        sys.exit(f"segmentation cannot start: {error.message}")


if __name__ == "__main__":
    run(create)
