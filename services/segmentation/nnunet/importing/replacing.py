"""Puts a model's folder in the place of another: whenever the process is killed, one of the two is there."""

import ctypes
import errno
import fcntl
import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from services.segmentation.nnunet.layout import MANIFEST_FILE

_LOCK, _ASIDE = ".replacing", ".replaced-"
"""Beside the models; names with a dot are none of a model."""

_AT_FDCWD, _EXCHANGE = -100, 2
"""Of renameat2(2)."""

_CANNOT = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP)
"""The file system does not exchange: NFS, and some that run in user space."""


def replace_folder(made: Path, target: Path) -> None:
    """Moves `made` to `target` and what was there, if anything, to where `made` was: in a workplace.

    Both lie on one file system. Several at once wait for each other; the last one stays.
    """
    with _alone(target.parent):
        _settle(target.parent)
        if not target.exists():
            os.rename(made, target)
        elif not exchanged(made, target):
            _one_after_the_other(made, target)


def settle(models: Path) -> None:
    """Puts back what a killed process had moved aside, unless what was to replace it is there.

    Passes over a folder in which somebody is replacing right now. Raises OSError.
    """
    if any(models.glob(f"{_ASIDE}*")):
        try:
            with _alone(models, wait=False):
                _settle(models)
        except BlockingIOError:
            return


def exchanged(made: Path, target: Path) -> bool:
    """Exchanges two folders in one step, so that readers always see a model; False where that cannot be."""
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "renameat2"):
        return False
    if libc.renameat2(_AT_FDCWD, os.fsencode(made), _AT_FDCWD, os.fsencode(target), _EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _CANNOT:
        return False
    raise OSError(number, os.strerror(number), str(target))


def _one_after_the_other(made: Path, target: Path) -> None:
    """A reader sees the old folder, none for a moment, or the new one; never a mixture."""
    aside = target.with_name(f"{_ASIDE}{target.name}")
    os.rename(target, aside)
    try:
        os.rename(made, target)
    except OSError:
        os.rename(aside, target)
        raise
    os.rename(aside, made)


def _settle(models: Path) -> None:
    for aside in models.glob(f"{_ASIDE}*"):
        target = models / aside.name.removeprefix(_ASIDE)
        manifest = aside / MANIFEST_FILE
        if manifest.exists() and not target.exists():
            os.rename(aside, target)
            continue
        # Its manifest goes first: what is half deleted is never put back.
        manifest.unlink(missing_ok=True)
        shutil.rmtree(aside, ignore_errors=True)


@contextmanager
def _alone(models: Path, *, wait: bool = True) -> Generator[None, None, None]:
    """The only one that replaces among these models. Raises BlockingIOError where it is not to wait."""
    path = models / _LOCK
    while True:
        with path.open("w+b") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Its last owner may have deleted the file that was waited for.
            if not _is_at(lock.fileno(), path):
                continue
            try:
                yield
            finally:
                path.unlink(missing_ok=True)
            return


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
