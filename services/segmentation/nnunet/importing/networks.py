"""Holds the tensors of a model against the network that its plans describe, as a prediction would."""

from collections.abc import Callable

import torch

from radmesh.errors import RadmeshError
from services.segmentation.nnunet.importing.refusals import refused
from services.segmentation.nnunet.manifest import NnunetManifest
from services.segmentation.nnunet.networks import Networks
from services.segmentation.nnunet.stage import stages_of


def check_networks(manifest: NnunetManifest, tell: Callable[[str, int, int, str], None]) -> None:
    """Raises ModelRefusedError CHECKPOINT_MISMATCH, which names every missing, extra and misshapen tensor."""
    weights = manifest.model.weights[0]
    try:
        stages = stages_of(manifest)
        folds = [(stage, fold) for stage in stages for fold in stage.trained.folds]
        for number, (stage, fold) in enumerate(folds):
            tell("comparing", number, len(folds), "folds")
            # One at a time: a large ensemble has gigabytes.
            Networks(weights).network(stage, fold, torch.device("cpu"))
    except RadmeshError as error:
        raise refused(
            f"The checkpoints do not fit the plans: {error.message}", reason="CHECKPOINT_MISMATCH"
        ) from error
