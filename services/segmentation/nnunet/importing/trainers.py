"""The trainers of nnU-Net 2.6 whose network is the one that the plans describe.

A trainer may build a network of its own, and only its code knows which: the checkpoint names the class alone.
"""

import difflib

from services.segmentation.nnunet.importing.refusals import refused

SERVED = frozenset(
    {
        "nnUNetTrainer",
        "nnUNetTrainerAdam",
        "nnUNetTrainerAdam1en3",
        "nnUNetTrainerAdam3en4",
        "nnUNetTrainerAdan",
        "nnUNetTrainerAdan1en1",
        "nnUNetTrainerAdan1en3",
        "nnUNetTrainerAdan3en4",
        "nnUNetTrainerAdanCosAnneal",
        "nnUNetTrainerBenchmark_5epochs",
        "nnUNetTrainerBenchmark_5epochs_noDataLoading",
        "nnUNetTrainerCELoss",
        "nnUNetTrainerCELoss_5epochs",
        "nnUNetTrainerCosAnneal",
        "nnUNetTrainerDA5",
        "nnUNetTrainerDA5Segord0",
        "nnUNetTrainerDA5_10epochs",
        "nnUNetTrainerDA5ord0",
        "nnUNetTrainerDiceCELoss_noSmooth",
        "nnUNetTrainerDiceLoss",
        "nnUNetTrainerDiceTopK10Loss",
        "nnUNetTrainerNoDA",
        "nnUNetTrainerNoDeepSupervision",
        "nnUNetTrainerNoMirroring",
        "nnUNetTrainerTopk10Loss",
        "nnUNetTrainerTopk10LossLS01",
        "nnUNetTrainerVanillaAdam",
        "nnUNetTrainerVanillaAdam1en3",
        "nnUNetTrainerVanillaAdam3en4",
        "nnUNetTrainer_100epochs",
        "nnUNetTrainer_10epochs",
        "nnUNetTrainer_1epoch",
        "nnUNetTrainer_2000epochs",
        "nnUNetTrainer_2000epochs_NoMirroring",
        "nnUNetTrainer_20epochs",
        "nnUNetTrainer_250epochs",
        "nnUNetTrainer_250epochs_NoMirroring",
        "nnUNetTrainer_4000epochs",
        "nnUNetTrainer_4000epochs_NoMirroring",
        "nnUNetTrainer_500epochs",
        "nnUNetTrainer_50epochs",
        "nnUNetTrainer_5epochs",
        "nnUNetTrainer_750epochs",
        "nnUNetTrainer_8000epochs",
        "nnUNetTrainer_8000epochs_NoMirroring",
        "nnUNetTrainer_DASegOrd0",
        "nnUNetTrainer_DASegOrd0_NoMirroring",
        "nnUNetTrainer_noDummy2DDA",
        "nnUNetTrainer_onlyMirror01",
        "nnUNetTrainer_onlyMirror01_1500ep",
        "nnUNetTrainer_onlyMirror01_DA5",
        "nnUNetTrainer_onlyMirror01_DASegOrd0",
        "nnUNetTrainer_probabilisticOversampling",
        "nnUNetTrainer_probabilisticOversampling_010",
        "nnUNetTrainer_probabilisticOversampling_033",
    }
)


def check_trainer(name: str) -> None:
    """Raises ModelRefusedError TRAINER_NOT_SERVED, which names the likest of those that are."""
    if name not in SERVED:
        shown = name if name.isidentifier() and len(name) <= 100 else "of an unreadable name"
        raise refused(
            f"The model was trained by {shown}, which may build a network of its own. Of nnU-Net's trainers "
            f"{len(SERVED)} keep the plans' network and are served, such as {', '.join(_likest(name))}.",
            trainer=shown,
            reason="TRAINER_NOT_SERVED",
        )


def _likest(name: str) -> list[str]:
    """nnU-Net's own trainer, and those that are served and have nearly the same name."""
    return ["nnUNetTrainer", *difflib.get_close_matches(name[:100], sorted(SERVED - {"nnUNetTrainer"}))]
