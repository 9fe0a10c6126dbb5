"""Files in an archive, as people and PACS send them."""

import gzip
import io
import tarfile
import zipfile
from collections.abc import Sequence


def zipped(files: Sequence[bytes], names: Sequence[str] = (), method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip archive; names: `IM0`, `IM1` and so on when none are given."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", method) as writer:
        for name, content in zip(names or _names(files), files, strict=True):
            writer.writestr(name, content)
    return archive.getvalue()


def tarred(files: Sequence[bytes], names: Sequence[str] = (), kind: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar archive with a folder in front, as `tar -c folder` makes it."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=kind) as writer:
        folder = tarfile.TarInfo("study")
        folder.type = tarfile.DIRTYPE
        writer.addfile(folder)
        for name, content in zip(names or _names(files), files, strict=True):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            writer.addfile(entry, io.BytesIO(content))
    return archive.getvalue()


def tar_gzipped(files: Sequence[bytes]) -> bytes:
    """A tar.gz archive."""
    return gzip.compress(tarred(files), 1)


def _names(files: Sequence[bytes]) -> list[str]:
    return [f"study/IM{number}" for number in range(len(files))]
