"""What a file is, judged by its first bytes; its name is only asked to agree."""

from collections.abc import Iterable

from radmesh.errors import ImageFormatError

# Bytes of a file's beginning that `sniff` wants to see: a DICOM file says what it is after 128 of them.
HEAD_BYTES = 132

_EXTENSIONS = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".bmp": "image/bmp",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
}
_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"II+\x00", "image/tiff"),  # BigTIFF
    (b"MM\x00+", "image/tiff"),
)
# Sizes of the header that follows a bitmap's 14 bytes: OS/2 1 and 2, Windows 3 to 5. Two letters alone
# would make an image of any text that begins with "BM".
_BITMAP_HEADERS = frozenset({12, 16, 40, 52, 56, 64, 108, 124})
# Only named in messages, so that a person sees at once which file was taken by mistake.
_STRANGERS = (
    (b"GIF8", "a GIF file"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip file"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 file"),
    (b"RIFF", "a RIFF file"),
)


def sniff(head: bytes) -> str | None:
    """The IANA media type of a file by its beginning, at least `HEAD_BYTES` of it; None when not known."""
    for signature, media_type in _SIGNATURES:
        if head.startswith(signature):
            return media_type
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in _BITMAP_HEADERS:
        return "image/bmp"
    return None


def of_extension(extension: str) -> str | None:
    """The media type that an extension, with its dot and in lower case, stands for; None when not known."""
    return _EXTENSIONS.get(extension)


def check_content(head: bytes, extension: str, accepted: Iterable[str] = ()) -> str:
    """The media type of a file that is what it says and that is wanted.

    head: its first `HEAD_BYTES`. extension: of its name, "" when not told. accepted: media types; all that
    are known when empty. Raises ImageFormatError: EMPTY_FILE, UNSUPPORTED_FORMAT, FORMAT_MISMATCH.
    """
    if not head:
        raise empty_file()
    accepted = tuple(accepted)
    found = sniff(head)
    if found is None or (accepted and found not in accepted):
        raise _unsupported(head, found, accepted)
    if extension and of_extension(extension) != found:
        raise ImageFormatError(
            f"The name ends in {extension}, but the content is {found}. Check which file was meant.",
            reason="FORMAT_MISMATCH",
            metadata={"media_type": found, "file_extension": extension},
        )
    return found


def check_extension(extension: str, accepted: Iterable[str] = ()) -> None:
    """Raises ImageFormatError UNSUPPORTED_FORMAT when no accepted media type goes by this extension."""
    accepted = tuple(accepted)
    found = of_extension(extension)
    if found is None or (accepted and found not in accepted):
        raise ImageFormatError(
            f"Files that end in {extension} are not accepted; send {_listed(accepted)}.",
            metadata={"file_extension": extension},
        )


def empty_file() -> ImageFormatError:
    """The error for a file without a byte."""
    return ImageFormatError("The file is empty. Export it again and send that.", reason="EMPTY_FILE")


def _unsupported(head: bytes, found: str | None, accepted: tuple[str, ...]) -> ImageFormatError:
    looks = f" The content is {found}." if found else _stranger(head)
    return ImageFormatError(
        f"The content is not one of the accepted formats; send {_listed(accepted)}.{looks}",
        metadata={"media_type": found} if found else None,
    )


def _stranger(head: bytes) -> str:
    if head[128:132] == b"DICM":
        return " It looks like a DICOM file."
    for signature, name in _STRANGERS:
        if head.startswith(signature):
            return f" It looks like {name}."
    return ""


def _listed(accepted: tuple[str, ...]) -> str:
    known = sorted({ending for ending, kind in _EXTENSIONS.items() if not accepted or kind in accepted})
    return ", ".join(known) or "another kind of file"
