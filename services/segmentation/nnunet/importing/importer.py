"""Makes a served model of an archive that nobody vouches for: judges it, slims it, and installs it."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.chassis.models import BrokenModelError
from services.chassis.runner import CancelledRun
from services.segmentation.nnunet.importing.archive import ModelArchive, TrainedFolder
from services.segmentation.nnunet.importing.checkpoints import read_hostile_checkpoint
from services.segmentation.nnunet.importing.install import already_there, install, workplace
from services.segmentation.nnunet.importing.networks import check_networks
from services.segmentation.nnunet.importing.plans import check_plans
from services.segmentation.nnunet.importing.refusals import refused
from services.segmentation.nnunet.importing.terminology import coded
from services.segmentation.nnunet.importing.trainers import check_trainer
from services.segmentation.nnunet.importing.values import JsonRefused, read_object, shown
from services.segmentation.nnunet.importing.weights import add_weights, check_there
from services.segmentation.nnunet.layout import DATASET_FILE, PLANS_FILE, Description
from services.segmentation.nnunet.manifest import NnunetManifest, read_nnunet
from services.segmentation.nnunet.trained import serve_trained

_LAST = {"3d_lowres": 1, "2d": 2}
"""Configurations that are rarely the best, where a model has several."""

Report = Callable[[str, int, int, str], None]
"""Told the stage, the units done, those in all, and what a unit is."""


@dataclass(frozen=True)
class ImportOptions:
    """models: the folder that the model goes to. description: its name and what people are told.

    weights: id of what goes to a model that is there; "" for a model of its own. replace: what has the name.
    taken: names of models that lie elsewhere. checkpoint: the file of each fold. max_bytes: when unpacked.
    """

    models: Path
    description: Description
    weights: str = ""
    replace: bool = False
    taken: frozenset[str] = frozenset()
    checkpoint: str = "checkpoint_final.pth"
    max_bytes: int = 16 << 30


def import_model(
    file: Path, options: ImportOptions, report: Report, cancelled: Callable[[], bool]
) -> NnunetManifest:
    """Imports the model in a zip; returns what is served now. Nothing is left behind when it fails.

    Raises ModelRefusedError with a reason of docs/errors.md, section "A model that is not imported";
    ExhaustedError DISK_FULL; CancelledRun.
    """
    target = options.models / options.description.name
    if options.weights:
        check_there(target, options.taken)
    elif target.name in options.taken or (target.exists() and not options.replace):
        raise already_there(target.name)
    steps = _Steps(report, cancelled)
    steps.tell("checking", 0, 1, "archives")
    archive = ModelArchive(file, max_bytes=options.max_bytes)
    try:
        folders = archive.trained_folders(options.checkpoint)
        _check_whole(folders, options.checkpoint)
        contents = {name: _same(archive, folders, name) for name in (PLANS_FILE, DATASET_FILE)}
        with workplace(options.models) as place:
            trained = _unpack(archive, folders, place / "trained", options.checkpoint, steps)
            by_name = _judge(folders, trained, contents, options.checkpoint, steps)
            made = _serve(by_name, place / "model", options)
            check_networks(made, steps.tell)
            # The checkpoints are no longer needed, and the disk may be.
            shutil.rmtree(place / "trained")
            steps.tell("installing", 0, 1, "models")
            if options.weights:
                add_weights(made, target, options.weights, replace=options.replace)
            else:
                install(made.folder, target, replace=options.replace)
    finally:
        archive.close()
    return read_nnunet(target)


@dataclass(frozen=True)
class _Steps:
    report: Report
    cancelled: Callable[[], bool]

    def tell(self, stage: str, done: int, total: int, unit: str) -> None:
        if self.cancelled():
            raise CancelledRun
        self.report(stage, done, total, unit)


def _check_whole(folders: Sequence[TrainedFolder], checkpoint: str) -> None:
    for folder in folders:
        if folder.incomplete:
            missing = ", ".join(f"fold_{fold}" for fold in folder.incomplete)
            raise refused(
                f"{folder.name} has no {checkpoint} in {missing}. Let the training end, or leave it out.",
                folds=",".join(folder.incomplete),
                reason="MODEL_INCOMPLETE",
            )
        for fold in folder.folds:
            if fold != "all" and not (fold.isdecimal() and len(fold) <= 3):
                raise refused(
                    f"fold_{shown(fold)} of {folder.name} is no fold of nnU-Net's.", reason="MODEL_INCOMPLETE"
                )
    parents = {folder.path.parent for folder in folders}
    if len(parents) > 1:
        named = ", ".join(sorted(str(parent) for parent in parents)[:5])
        raise refused(
            f"The archive holds several models: {named}. Send one data set's alone.", reason="SEVERAL_MODELS"
        )


def _same(archive: ModelArchive, folders: Sequence[TrainedFolder], name: str) -> Mapping[str, Any]:
    """The content of a file that each folder has, and that must say the same in all."""
    found = []
    for folder in folders:
        try:
            found.append(read_object(archive.read_json(folder.path / name)))
        except JsonRefused as error:
            raise refused(f"{name} of {folder.name} {error}.", reason="PLANS_NOT_SERVED") from None
    for folder, content in zip(folders, found, strict=True):
        if content != found[0]:
            raise refused(
                f"{name} of {folder.name} differs from that of {folders[0].name}: these are two models. "
                "Send one of them.",
                reason="SEVERAL_MODELS",
            )
    return found[0]


def _unpack(
    archive: ModelArchive, folders: Sequence[TrainedFolder], place: Path, checkpoint: str, steps: _Steps
) -> list[Path]:
    """Writes what is needed under names of our own; the folders in the order of `folders`."""
    made = [place / str(number) for number in range(len(folders))]
    wanted = []
    for folder, own in zip(folders, made, strict=True):
        wanted += [(folder.path / name, own / name) for name in (PLANS_FILE, DATASET_FILE)]
        for fold in folder.folds:
            wanted.append((folder.path / f"fold_{fold}" / checkpoint, own / f"fold_{fold}" / checkpoint))
    done = 0

    def step(chunk: int) -> None:
        nonlocal done
        done += chunk
        steps.tell("unpacking", done >> 20, 0, "MiB")

    archive.unpack(wanted, step)
    return made


def _judge(
    folders: Sequence[TrainedFolder],
    trained: Sequence[Path],
    contents: Mapping[str, Mapping[str, Any]],
    checkpoint: str,
    steps: _Steps,
) -> dict[str, Path]:
    """The unpacked folders by configuration.

    Refuses checkpoints that are no plain tensors, trainers with networks of their own, and hostile plans.
    """
    total, done = sum(len(folder.folds) for folder in folders), 0
    configurations: dict[str, Path] = {}
    names: dict[str, str] = {}
    for folder, own in zip(folders, trained, strict=True):
        found = set()
        for fold in folder.folds:
            steps.tell("reading", done, total, "folds")
            read = read_hostile_checkpoint(own / f"fold_{fold}" / checkpoint, f"fold_{fold} of {folder.name}")
            check_trainer(read.trainer)
            found.add(read.configuration)
            done += 1
        if len(found) != 1:
            named = ", ".join(map(shown, sorted(found)))
            raise refused(f"The folds of {folder.name} are of several: {named}.", reason="SEVERAL_MODELS")
        (configuration,) = found
        if configuration in configurations:
            both = f"{names[configuration]} and {folder.name}"
            raise refused(
                f"Two folders hold {shown(configuration)}: {both}. Import one of them alone.",
                reason="SEVERAL_MODELS",
            )
        configurations[configuration], names[configuration] = own, folder.name
    check_plans(contents[PLANS_FILE], contents[DATASET_FILE], list(configurations))
    return configurations


def _serve(trained: Mapping[str, Path], target: Path, options: ImportOptions) -> NnunetManifest:
    # The first one answers where a task names none, unless there is a cascade.
    names = sorted(trained, key=lambda name: (_LAST.get(name, 0), name))
    try:
        return serve_trained(
            [trained[name] for name in names],
            target,
            options.description,
            checkpoint=options.checkpoint,
            label_coding=coded,
        )
    except BrokenModelError as error:
        raise refused(error.message, reason="MODEL_INCOMPLETE") from error
