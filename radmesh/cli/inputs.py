"""Which tasks the paths of a command line ask for, and where each one's artifacts go."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from radmesh.cli.running import UsageError
from radmesh.cli.series_groups import Group, series_groups
from radmesh.client import Client
from radmesh.errors import RadmeshError
from radmesh.tasks.v1 import pipeline_pb2, task_pb2

_DOUBLE_ENDINGS = (".nii.gz", ".tar.gz")


@dataclass(frozen=True)
class Input:
    """What one task runs on. label: how it is called on the screen. folder: of its artifacts, relative.

    series: whether the paths, files and folders of DICOM files, are one image; else each is one.
    """

    paths: tuple[Path, ...]
    label: str
    folder: str
    series: bool = False


def find_inputs(paths: Sequence[Path], accepted: pipeline_pb2.PipelineInput) -> list[Input]:
    """The inputs that paths name: files, and folders for the files in them that the pipeline accepts.

    A pipeline of one image per task gets a task for each file; one that takes several gets one for each path,
    a folder being a series. Where an image may be a series, see `series_groups`. Every path must exist.
    Raises UsageError for a folder without any, or one that cannot be read.
    """
    if accepted.accepts_series:
        try:
            return _of_series(series_groups(paths, accepted.file_extensions))
        except OSError as error:
            raise UsageError(file_error(error).message) from None
    groups: list[tuple[Path, tuple[Path, ...]]] = []
    for path in paths:
        files = _in_folder(path, accepted.file_extensions) if path.is_dir() else (path,)
        if path.is_dir() and accepted.max_images > 1:
            groups.append((path, files))
        else:
            groups += [(file, (file,)) for file in files]
    unique = list(dict.fromkeys(groups))
    folders = keep_apart([_stem(path) for path, _ in unique])
    labels = keep_apart([path.resolve().name for path, _ in unique])
    return [
        Input(files, label, folder) for (_, files), label, folder in zip(unique, labels, folders, strict=True)
    ]


def repeated(paths: Iterable[Path]) -> list[Path]:
    """The paths that come more than once. Pure."""
    return [path for path, times in Counter(paths).items() if times > 1]


def together(inputs: Sequence[Input]) -> Input:
    """One input of all images, in their order, as a pipeline of several channels takes them.

    Raises UsageError when one of them is many files.
    """
    for one in inputs:
        if one.series:
            raise UsageError(f"{one.label} is a series of files: pack it as .zip or .tar to go with others.")
    return Input(tuple(path for one in inputs for path in one.paths), inputs[0].label, inputs[0].folder)


def _of_series(groups: Sequence[Group]) -> list[Input]:
    folders = keep_apart([_stem(group.named_after) for group in groups])
    labels = keep_apart([group.named_after.resolve().name for group in groups])
    return [
        Input(group.paths, label, folder, group.series)
        for group, label, folder in zip(groups, labels, folders, strict=True)
    ]


def file_error(error: OSError, task: task_pb2.Task | None = None) -> RadmeshError:
    """What is said of a file that cannot be read or written. task: the ended one whose file it is."""
    words = f"{error.strerror}: {error.filename}"
    if task is None:
        return RadmeshError(words, reason="FILE_ERROR")
    return RadmeshError(
        f"{words}. The task has ended; save its files by: radmesh tasks get {task.name} --out DIR",
        reason="FILE_ERROR",
        metadata={"task": task.name},
    )


async def saved(client: Client, task: task_pb2.Task, folder: Path | None) -> dict[str, Path]:
    """Saves a task's artifacts where there is a folder for them; file name → path.

    Raises RadmeshError FILE_ERROR.
    """
    try:
        return await client.save(task, folder) if folder else {}
    except OSError as error:
        raise file_error(error) from None


def keep_apart(names: Iterable[str]) -> list[str]:
    """The names in order; one that came before gets the first free of `-2`, `-3`, …"""
    wanted = list(names)
    taken: set[str] = set()
    apart: list[str] = []
    for name in wanted:
        candidate, number = name, 1
        while candidate in taken or (number > 1 and candidate in wanted):
            number += 1
            candidate = f"{name}-{number}"
        taken.add(candidate)
        apart.append(candidate)
    return apart


def _stem(path: Path) -> str:
    resolved = path.resolve()
    if resolved.is_dir():
        return resolved.name
    return Path(resolved.stem).stem if resolved.name.lower().endswith(_DOUBLE_ENDINGS) else resolved.stem


def _in_folder(folder: Path, extensions: Iterable[str]) -> tuple[Path, ...]:
    accepted = {extension.lower() for extension in extensions}
    files = tuple(
        path
        for path in sorted(folder.iterdir())
        if path.is_file() and path.suffix.lower() in accepted and not path.name.startswith(".")
    )
    if not files:
        raise UsageError(f"{folder} has no file that the pipeline takes: {', '.join(sorted(accepted))}.")
    return files
