"""Which of the paths of a command line are one image together, where an image may be a series of files."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from radmesh.client.sources import holds_dicom, is_dicom_file


@dataclass(frozen=True)
class Group:
    """Paths of one image. series: whether they are packed. named_after: the path that stands for them."""

    paths: tuple[Path, ...]
    series: bool
    named_after: Path


def series_groups(paths: Sequence[Path], extensions: Iterable[str]) -> list[Group]:
    """The images that paths name, each once.

    A folder is a series, whatever its depth; all DICOM files that are named by themselves are one together.
    Any other file, such as an archive or a NIfTI volume, is an image alone, and so is each with one of these
    extensions in a folder that has such and no DICOM. Raises OSError.
    """
    accepted = {extension.lower() for extension in extensions}
    groups: list[Group] = []
    loose: list[Path] = []
    for path in dict.fromkeys(paths):
        if path.is_dir():
            groups += _of_folder(path, accepted)
        elif is_dicom_file(path):
            loose.append(path)
        else:
            groups.append(Group((path,), False, path))
    if loose:
        together = loose[0] if len(loose) == 1 else loose[0].resolve().parent
        groups.insert(0, Group(tuple(loose), True, together))
    return groups


def _of_folder(folder: Path, accepted: set[str]) -> list[Group]:
    volumes = [path for path in sorted(folder.iterdir()) if _is_volume(path, accepted)]
    if volumes and not holds_dicom(folder):
        return [Group((path,), False, path) for path in volumes]
    return [Group((folder,), True, folder)]


def _is_volume(path: Path, accepted: set[str]) -> bool:
    return path.suffix.lower() in accepted and not path.name.startswith(".") and path.is_file()
