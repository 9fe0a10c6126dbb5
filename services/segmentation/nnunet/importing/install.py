"""Puts a model's folder among the models, whole or not at all, and clears what a killed import left."""

import errno
import fcntl
import os
import shutil
import uuid
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from radmesh.errors import ExhaustedError
from services.segmentation.nnunet.importing.refusals import ModelRefusedError, refused
from services.segmentation.nnunet.importing.replacing import replace_folder, settle

_NEW, _PREFIX = ".new-import-", ".importing-"
_LOCK = "lock"
_FULL = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def workplace(models: Path) -> Generator[Path, None, None]:
    """A folder beside the models, gone at the end. Raises ExhaustedError DISK_FULL for what runs inside too.

    It is locked while it is in use: one whose lock is free belongs to a process that died.
    """
    number = uuid.uuid4().hex
    new, place = models / f"{_NEW}{number}", models / f"{_PREFIX}{number}"
    try:
        models.mkdir(parents=True, exist_ok=True)
        clear_abandoned(models)
        new.mkdir()
        with (new / _LOCK).open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            # Locked before it goes by the name that others clear.
            new.rename(place)
            yield place
    except OSError as error:
        if error.errno in _FULL:
            raise ExhaustedError(
                f"The disk of the models is full. Free some of {models} and import the model again.",
                reason="DISK_FULL",
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise refused(
                "The service may not write among its models. Its operator has to set "
                "RADMESH_SEGMENTATION_IMPORTED to a folder that it may.",
                reason="MODELS_READ_ONLY",
            ) from error
        raise
    finally:
        shutil.rmtree(new, ignore_errors=True)
        shutil.rmtree(place, ignore_errors=True)


def clear_abandoned(models: Path) -> None:
    """Puts back models whose replacement was killed, and deletes the workplaces whose process is gone."""
    # Where it is not ours to change, who replaces a model is told so.
    with suppress(OSError):
        settle(models)
    for place in models.glob(f"{_PREFIX}*"):
        try:
            with (place / _LOCK).open("r+b") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(place, ignore_errors=True)
        except BlockingIOError:
            continue
        except OSError:
            # Being made or deleted by somebody else; or not ours to delete.
            continue


def install(made: Path, target: Path, *, replace: bool) -> None:
    """Moves a model's folder to its place; `made` lies on the same file system, in a workplace.

    Written to the disk before it can be seen. Raises ModelRefusedError MODEL_EXISTS.
    """
    for path in [*made.rglob("*"), made]:
        sync(path)
    if target.exists() and not replace:
        raise already_there(target.name)
    if replace:
        replace_folder(made, target)
    else:
        try:
            os.rename(made, target)
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
                raise already_there(target.name) from None
            raise
    sync(target.parent)


def already_there(name: str) -> ModelRefusedError:
    """The error for a name that is taken."""
    return refused(
        f"There is a model {name} already. Choose another --name, or --replace it.",
        model=f"models/{name}",
        reason="MODEL_EXISTS",
    )


def sync(path: Path) -> None:
    """Sees to it that a file, or what a folder names, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
