"""More weights for a model that is served already, and their end: whole by one change of model.toml."""

import fcntl
import os
import tomllib
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any, BinaryIO

from radmesh.errors import ModelNotFoundError, WeightsNotFoundError
from services.chassis.models import DEFAULT_WEIGHTS
from services.segmentation.nnunet.importing.install import sync
from services.segmentation.nnunet.importing.refusals import bundled_model, refused
from services.segmentation.nnunet.layout import MANIFEST_FILE, WEIGHTS_SUFFIX
from services.segmentation.nnunet.manifest import NnunetManifest, is_nnunet, read_nnunet
from services.segmentation.nnunet.options import RESERVED
from services.segmentation.nnunet.toml import toml_text

MAX_WEIGHTS = 20
_SAID = ("channel_names", "modality", "labels", "regions_class_order")
"""What of dataset.json decides over images and masks; the rest tells of the training."""

Content = dict[str, Any]


def imported_folder(imported: Path, models: Path, name: str) -> Path:
    """The folder of a model that was imported. models: the folder of bundled ones.

    Raises ModelNotFoundError, and ModelRefusedError MODEL_BUNDLED.
    """
    elsewhere = {name} if models != imported and (models / name).exists() else frozenset()
    check_there(imported / name, RESERVED | elsewhere)
    return imported / name


def check_there(folder: Path, bundled: AbstractSet[str]) -> None:
    """Raises as `imported_folder`. bundled: names of models that came with the installation."""
    if folder.name in bundled:
        raise bundled_model(folder.name)
    if not folder.exists():
        raise ModelNotFoundError(
            f"There is no model {folder.name}; radmesh models list shows which there are."
        )
    if not is_nnunet(folder):
        raise bundled_model(folder.name)


def check_fits(made: NnunetManifest, model: NnunetManifest) -> None:
    """Raises ModelRefusedError WEIGHTS_DIFFER unless `made` is another training of `model`."""
    differ = []
    if made.plans != model.plans:
        differ.append("plans")
    if any(made.dataset.get(key) != model.dataset.get(key) for key in _SAID):
        differ.append("labels or channels")
    if made.configurations.keys() != model.configurations.keys():
        differ.append("configurations")
    if differ:
        raise refused(
            f"These weights are of another model than {model.model.name}: their {', '.join(differ)} differ. "
            "Import them as a model of their own.",
            model=model.model.name,
            reason="WEIGHTS_DIFFER",
        )


def add_weights(made: NnunetManifest, folder: Path, weights: str, *, replace: bool) -> None:
    """Puts the weights of `made`, which lies in a workplace on the same disk, into a served model's folder.

    Raises ModelRefusedError: WEIGHTS_EXIST, WEIGHTS_DIFFER, TOO_MANY_WEIGHTS.
    """
    new = made.model.weights[0]
    sync(new.path)
    # Named by what is in it: a file that a task may still read is never written over.
    name = f"{weights}-{new.digest.removeprefix('sha256:')[:16]}{WEIGHTS_SUFFIX}"

    def add(content: Content) -> None:
        check_fits(made, read_nnunet(folder))
        stored = content["weights"]
        if weights in stored and not replace:
            raise refused(
                f"{folder.name} has weights {weights} already. Choose another --weights, or --replace them.",
                model=f"models/{folder.name}",
                reason="WEIGHTS_EXIST",
            )
        if weights not in stored and len(stored) >= MAX_WEIGHTS:
            raise refused(
                f"{folder.name} has {len(stored)} weights, as many as a model may have. Delete some.",
                model=f"models/{folder.name}",
                reason="TOO_MANY_WEIGHTS",
            )
        os.rename(new.path, folder / name)
        stored[weights] = {"file": name, "sha256": new.digest, "size_bytes": new.size_bytes, "source": ""}
        if weights == DEFAULT_WEIGHTS:
            content["nnunet"]["configurations"] = configurations
        else:
            stored[weights]["configurations"] = configurations

    configurations = _read(made.folder)["nnunet"]["configurations"]
    _change(folder, add)


def delete_weights(folder: Path, weights: str) -> bool:
    """Deletes one set of weights of a served model; False when there is none of that name.

    Raises ModelRefusedError WEIGHTS_OFFICIAL for those that a task gets which names none.
    """
    if weights == DEFAULT_WEIGHTS:
        raise refused(
            f"The official weights of {folder.name} stay as long as the model does. Make others official "
            "(radmesh models official), or delete the model.",
            model=f"models/{folder.name}",
            reason="WEIGHTS_OFFICIAL",
        )
    found = False

    def delete(content: Content) -> None:
        nonlocal found
        found = content["weights"].pop(weights, None) is not None

    _change(folder, delete)
    return found


def set_official(folder: Path, weights: str, keep_as: str) -> None:
    """Makes weights the official ones; those that were go on by the name `keep_as`. Files and digests stay.

    Raises WeightsNotFoundError, ModelRefusedError WEIGHTS_EXIST.
    """

    def promote(content: Content) -> None:
        stored = content["weights"]
        if weights == DEFAULT_WEIGHTS:
            return
        if weights not in stored:
            raise WeightsNotFoundError(f"{folder.name} has no weights {weights}; it has {', '.join(stored)}")
        if keep_as in stored and keep_as != weights:
            raise refused(
                f"{folder.name} has weights {keep_as} already. Choose another --keep-as.",
                model=f"models/{folder.name}",
                reason="WEIGHTS_EXIST",
            )
        former, official = stored.pop(DEFAULT_WEIGHTS), stored.pop(weights)
        former["configurations"] = content["nnunet"]["configurations"]
        content["nnunet"]["configurations"] = official.pop("configurations", former["configurations"])
        stored[DEFAULT_WEIGHTS], stored[keep_as] = official, former

    _change(folder, promote)


def _change(folder: Path, change: Callable[[Content], None]) -> None:
    """Changes model.toml for all who look at once, one change after the other."""
    path = folder / MANIFEST_FILE
    with _locked(path):
        content = _read(folder)
        part = folder / f".{MANIFEST_FILE}.part"
        try:
            change(content)
            part.write_text(toml_text(content), encoding="utf-8")
            sync(part)
            os.replace(part, path)
            sync(folder)
        finally:
            part.unlink(missing_ok=True)
            named = {entry["file"] for entry in _read(folder)["weights"].values()}
            for file in folder.glob(f"*{WEIGHTS_SUFFIX}"):
                if file.name not in named:
                    file.unlink()


def _locked(path: Path) -> BinaryIO:
    """A file that its owners replace, locked while it is open. Raises ModelNotFoundError."""
    while True:
        try:
            file = path.open("r+b")
            fcntl.flock(file, fcntl.LOCK_EX)
            if os.fstat(file.fileno()).st_ino == path.stat().st_ino:
                return file
            file.close()
        except FileNotFoundError:
            raise ModelNotFoundError(f"There is no model {path.parent.name}.") from None


def _read(folder: Path) -> Content:
    return tomllib.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
