"""Packs the folder that nnU-Net trained into as one archive, with the files that a served model needs."""

import zipfile
from collections.abc import Sequence
from pathlib import Path

from radmesh.errors import FailedPreconditionError

_PLANS, _DATASET = "plans.json", "dataset.json"
_DATE = (1980, 1, 1, 0, 0, 0)
_CHUNK_BYTES = 1 << 20


class NotTrainedError(FailedPreconditionError):
    """A folder holds no trained model of nnU-Net's."""

    reason = "NO_MODEL_IN_FOLDER"


def pack_trained(folder: Path, target: Path, checkpoint: str) -> None:
    """Writes an archive: the same bytes for the same files, whatever their times. Blocking.

    folder: such as `nnUNetTrainer__nnUNetPlans__3d_fullres`; or one of several of them, as for a cascade.
    Raises NotTrainedError, OSError.
    """
    folder = folder.resolve()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for path in needed_files(folder, checkpoint):
            entry = zipfile.ZipInfo(f"model/{path.relative_to(folder.parent).as_posix()}", _DATE)
            with path.open("rb") as source, archive.open(entry, "w", force_zip64=True) as copy:
                while chunk := source.read(_CHUNK_BYTES):
                    copy.write(chunk)


def needed_files(folder: Path, checkpoint: str) -> Sequence[Path]:
    """Plans, data sets and checkpoints, in order.

    Raises NotTrainedError, which names a fold that is not whole.
    """
    found: list[Path] = []
    for plans in sorted({*folder.glob(_PLANS), *folder.glob(f"*/{_PLANS}")}):
        folds = [one for one in sorted(plans.parent.glob("fold_*")) if one.is_dir()]
        if folds:
            found += [one for one in (plans, plans.parent / _DATASET) if one.is_file()]
            found += [_of_fold(fold, checkpoint) for fold in folds if any(fold.iterdir())]
    if not found:
        raise NotTrainedError(
            f"{folder} holds no trained model: no {_PLANS} with fold_* beside it. Give the folder that "
            "nnU-Net trained into, such as …/nnUNetTrainer__nnUNetPlans__3d_fullres, or the zip that "
            "nnUNetv2_export_model_to_zip writes."
        )
    return found


def _of_fold(fold: Path, checkpoint: str) -> Path:
    whole = fold / checkpoint
    if not whole.is_file():
        raise NotTrainedError(f"{fold} has no {checkpoint}. Let its training end, or move the fold away.")
    return whole
