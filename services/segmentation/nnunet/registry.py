"""The nnU-Net models in the folders of a service, read again when they change. Imports no torch."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from radmesh import names
from radmesh.errors import ModelNotFoundError
from services.chassis.models import BrokenModelError
from services.segmentation.nnunet.layout import MANIFEST_FILE
from services.segmentation.nnunet.manifest import NnunetManifest, is_nnunet, read_nnunet

Signature = tuple[tuple[str, int, int, int], ...]
"""Name, inode, time of change and size of each file of a model: weights may be damaged, and no manifest."""


@dataclass(frozen=True)
class Broken:
    """A model that cannot be served, and why."""

    folder: Path
    error: BrokenModelError


class Registry:
    """folders: each holds models; of two with one name the first counts. reserved: names of other pipelines.

    Not for several threads at once.
    """

    def __init__(self, folders: Sequence[Path], reserved: frozenset[str] = frozenset()) -> None:
        self._folders = tuple(dict.fromkeys(folders))
        self._reserved = reserved
        self._read: dict[Path, tuple[Signature, NnunetManifest | Broken | None]] = {}

    def models(self) -> list[NnunetManifest]:
        """The models that can be served, by name."""
        self._look()
        found: dict[str, NnunetManifest] = {}
        for _, one in self._read.values():
            if isinstance(one, NnunetManifest):
                found.setdefault(one.model.name, one)
        return [found[name] for name in sorted(found)]

    def broken(self) -> list[Broken]:
        """Those that cannot, as of the last look."""
        return [one for _, one in self._read.values() if isinstance(one, Broken)]

    def signature(self) -> dict[Path, Signature]:
        """What changes when a model comes, changes or goes; cheap."""
        return {folder: sign for folder in self._candidates() if (sign := _signature(folder)) is not None}

    def find(self, model: str) -> NnunetManifest:
        """A model by resource name. Raises ModelNotFoundError, or BrokenModelError for a damaged one."""
        for one in self.models():
            if one.model.name == model:
                return one
        for broken in self.broken():
            if f"models/{broken.folder.name}" == model:
                raise BrokenModelError(
                    f"The files of {model} are damaged; the worker's log says which. Import it again: "
                    f"radmesh models import FOLDER --replace --name {broken.folder.name}"
                )
        raise ModelNotFoundError(
            f"This worker has no model {model}; was it deleted, or is the folder not shared?"
        )

    def _candidates(self) -> list[Path]:
        found = []
        for folder in self._folders:
            if folder.is_dir():
                found += [
                    one
                    for one in sorted(folder.iterdir())
                    if names.parse("models", f"models/{one.name}") and one.name not in self._reserved
                ]
        return found

    def _look(self) -> None:
        known, self._read = self._read, {}
        for folder, sign in self.signature().items():
            before = known.get(folder)
            self._read[folder] = before if before and before[0] == sign else (sign, _open(folder))


def _open(folder: Path) -> NnunetManifest | Broken | None:
    if not is_nnunet(folder):
        return None
    try:
        found = read_nnunet(folder)
        if found.model.name != f"models/{folder.name}":
            raise BrokenModelError(
                f"{folder} holds {found.model.name}; a model lies in the folder of its name"
            )
    except BrokenModelError as error:
        return Broken(folder, error)
    return found


def _signature(folder: Path) -> Signature | None:
    try:
        with os.scandir(folder) as entries:
            files = {one.name: one.stat() for one in entries}
    except OSError:
        return None
    if MANIFEST_FILE not in files:
        return None
    return tuple((name, file.st_ino, file.st_mtime_ns, file.st_size) for name, file in sorted(files.items()))
