"""Packs trained folders as nnU-Net's export does, or with something wrong about them."""

import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

Change = Callable[[str, bytes], bytes | None]
"""What a file's content becomes, by its name in the archive; None leaves it out."""


def pack(
    file: Path,
    folders: Sequence[Path],
    *,
    inside: str = "Dataset777_MadeUp",
    change: Change = lambda name, content: content,
) -> Path:
    """Writes a zip of trained folders, each under `inside`/<its name>, and returns it."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for folder in folders:
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    name = f"{inside}/{folder.name}/{path.relative_to(folder)}".lstrip("/")
                    content = change(name, path.read_bytes())
                    if content is not None:
                        archive.writestr(name, content)
    return file
