"""Files as they lie in a hospital's export: DICOM by content, whatever they are called."""

import hashlib
from pathlib import Path

META = b"DICM\x02\x00\x00\x00UL\x04\x00\x90\x00\x00\x00"
DICOMDIR = bytes(128) + META + b"\x02\x00\x02\x00UI\x14\x001.2.840.10008.1.3.10" + bytes(300)


def dicom(number: int, size: int = 3_000) -> bytes:
    """Something that begins like a slice; each number is another one."""
    uid = hashlib.sha256(b"%d" % number).hexdigest().encode()
    return (bytes(128) + META + uid).ljust(size, b"%d" % (number % 10))


def write(folder: Path, files: dict[str, bytes]) -> Path:
    """Writes files by their relative names."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder
