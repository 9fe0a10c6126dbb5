"""Finds a trained model in a zip that nobody vouches for, and unpacks only the files that it needs.

What leads out of the archive, names that fall together, links, passwords and bombs are refused before a byte
is unpacked; files are written under names of our own making.
"""

import stat
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from services.segmentation.hostile import parsing
from services.segmentation.nnunet.importing.refusals import ModelRefusedError, refused
from services.segmentation.nnunet.layout import DATASET_FILE, PLANS_FILE

MAX_ENTRIES = 20_000
MAX_JSON_BYTES = 32 << 20
"""Plans and data sets have some tens of kilobytes; a fingerprint, which is not read, may have megabytes."""
MAX_RATIO = 100
"""Trained weights hardly deflate at all."""
MAX_NAME_CHARACTERS = 1_000
_FREE_BYTES = 64 << 20
"""Below this nothing is called a bomb."""
_CHUNK_BYTES = 1 << 20
_ENCRYPTED = 1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@dataclass(frozen=True)
class TrainedFolder:
    """A trained configuration in the archive. path: of its folder; "." for the archive's top.

    folds: "0", "1"… or "all". incomplete: folds that have files, but no checkpoint of the wanted name.
    """

    path: PurePosixPath
    folds: tuple[str, ...]
    incomplete: tuple[str, ...]

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.path.name or "the archive's top folder"


class ModelArchive:
    """An open archive. Raises ModelRefusedError: ARCHIVE_UNREADABLE, ARCHIVE_UNSAFE."""

    def __init__(self, file: Path, *, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._size = file.stat().st_size
        with parsing(unreadable):
            self._zip = zipfile.ZipFile(file)
            entries = self._zip.infolist()
        _check_entries(entries)
        self._files = {PurePosixPath(entry.filename): entry for entry in entries if not entry.is_dir()}

    def close(self) -> None:
        """Closes the file."""
        self._zip.close()

    def trained_folders(self, checkpoint: str) -> list[TrainedFolder]:
        """The trained configurations: folders with plans.json, dataset.json and folds. By path.

        checkpoint: the file name that each fold has to have. Raises ModelRefusedError NO_MODEL_IN_ARCHIVE.
        """
        folders = sorted({path.parent for path in self._files if path.name == PLANS_FILE})
        found = [self._folder(folder, checkpoint) for folder in folders]
        trained = [one for one in found if one.folds or one.incomplete]
        if not trained:
            raise refused(self._what_is_there(checkpoint), reason="NO_MODEL_IN_ARCHIVE")
        for one in trained:
            if one.path / DATASET_FILE not in self._files:
                raise refused(
                    f"{one.name} has no {DATASET_FILE}. Send the whole folder.", reason="MODEL_INCOMPLETE"
                )
        return trained

    def read_json(self, path: PurePosixPath) -> bytes:
        """A small file. Raises ModelRefusedError."""
        entry = self._files[path]
        if entry.file_size > MAX_JSON_BYTES:
            raise refused(
                f"{path.name} has {entry.file_size} bytes; that is no model's.", reason="ARCHIVE_UNSAFE"
            )
        return b"".join(self._chunks(entry))

    def unpack(self, wanted: Sequence[tuple[PurePosixPath, Path]], step: Callable[[int], None]) -> None:
        """Writes files to paths that the caller made up. step: called with the bytes of each piece.

        Raises ModelRefusedError: ARCHIVE_UNSAFE when they unpack to far more than was sent, or over the
        limit; ARCHIVE_UNREADABLE; OSError.
        """
        entries = [self._files[path] for path, _ in wanted]
        whole = sum(entry.file_size for entry in entries)
        if whole > self._max_bytes:
            raise refused(
                f"The model unpacks to {whole} bytes; the limit is {self._max_bytes}. Import fewer folds.",
                limit_bytes=self._max_bytes,
                reason="ARCHIVE_UNSAFE",
            )
        if whole > max(_FREE_BYTES, MAX_RATIO * self._size):
            raise refused(
                f"The archive of {self._size} bytes unpacks to {whole}; trained weights never do. "
                "Pack the model again.",
                reason="ARCHIVE_UNSAFE",
            )
        for entry, (_, target) in zip(entries, wanted, strict=True):
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as file:
                for chunk in self._chunks(entry):
                    file.write(chunk)
                    step(len(chunk))

    def _chunks(self, entry: zipfile.ZipInfo) -> Iterable[bytes]:
        """Its bytes, as many as were announced and no more; zipfile itself checks the CRC at the end."""
        left = entry.file_size
        with parsing(unreadable), self._zip.open(entry) as file:
            while chunk := file.read(min(_CHUNK_BYTES, left + 1)):
                left -= len(chunk)
                if left < 0:
                    raise unreadable()
                yield chunk
        if left:
            raise unreadable()

    def _folder(self, folder: PurePosixPath, checkpoint: str) -> TrainedFolder:
        inside = [path.relative_to(folder) for path in self._files if path.is_relative_to(folder)]
        begun = {
            path.parts[0] for path in inside if len(path.parts) > 1 and path.parts[0].startswith("fold_")
        }
        whole = {path.parts[0] for path in inside if len(path.parts) == 2 and path.name == checkpoint} & begun
        return TrainedFolder(folder, _folds(whole), _folds(begun - whole))

    def _what_is_there(self, checkpoint: str) -> str:
        hint = (
            "Send the folder that nnU-Net trained into (…/nnUNetTrainer__nnUNetPlans__3d_fullres), or the zip"
        )
        hint += " that nnUNetv2_export_model_to_zip writes."
        if any(path.suffix.lower() in (".zip", ".tar", ".gz", ".7z") for path in self._files):
            return f"The archive holds other archives, and no model. Unpack them first. {hint}"
        if any(path.name == PLANS_FILE for path in self._files):
            return f"There is a {PLANS_FILE}, but no fold_*/{checkpoint} beside it. {hint}"
        return f"No folder of the archive has a {PLANS_FILE}. {hint}"


def unreadable() -> ModelRefusedError:
    """The error for bytes that are no whole zip."""
    return refused(
        "The archive is damaged, ends early, or is no zip. Pack the model again.", reason="ARCHIVE_UNREADABLE"
    )


def _folds(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(name.removeprefix("fold_") for name in names))


def _check_entries(entries: Sequence[zipfile.ZipInfo]) -> None:
    if len(entries) > MAX_ENTRIES:
        raise unsafe(f"it has {len(entries)} files; a model has some dozens")
    seen: set[str] = set()
    for entry in entries:
        problem = _problem(entry)
        # On a disk that does not tell cases apart, and for who reads a listing, these are one name.
        key = entry.filename.rstrip("/").casefold()
        if not problem and key in seen:
            problem = "names a file twice"
        if problem:
            raise unsafe(f"it {problem}")
        seen.add(key)


def unsafe(why: str) -> ModelRefusedError:
    """The error for what nnU-Net never packs."""
    return refused(
        f"The archive is not one of a model: {why}. Pack the model again.", reason="ARCHIVE_UNSAFE"
    )


def _problem(entry: zipfile.ZipInfo) -> str:
    # `filename` ends at the first NUL; what stood behind it is in `orig_filename`.
    name = entry.orig_filename
    if "\\" in name or name.startswith("/") or ":" in name.split("/")[0] or ".." in name.split("/"):
        return "names files outside of it"
    if not name.isprintable() or not name.strip("/. ") or len(name) > MAX_NAME_CHARACTERS:
        return "holds a name that cannot be shown"
    mode = entry.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "holds links or devices"
    if entry.flag_bits & _ENCRYPTED:
        return "is protected by a password"
    if entry.compress_type not in _METHODS:
        return "is compressed in a way that zip files of models are not"
    return ""
