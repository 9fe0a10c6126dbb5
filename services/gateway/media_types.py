"""What a file is, judged by its first bytes; its name is only asked to agree."""

import zlib
from collections.abc import Iterable

from radmesh import formats
from radmesh.errors import ImageFormatError

# Bytes of a file's beginning that `sniff` wants to see. Of what gzip has compressed, these hold what tells a
# tar from a NIfTI, unless the name that gzip keeps is longer than all names.
HEAD_BYTES = 8 << 10

_EXTENSIONS = {
    ".png": ("image/png",),
    ".jpg": ("image/jpeg",),
    ".jpeg": ("image/jpeg",),
    ".bmp": ("image/bmp",),
    ".tif": ("image/tiff",),
    ".tiff": ("image/tiff",),
    ".dcm": (formats.DICOM,),
    ".dicom": (formats.DICOM,),
    ".ima": (formats.DICOM,),
    ".nii": (formats.NIFTI,),
    ".zip": (formats.ZIP,),
    ".tar": (formats.TAR,),
    ".tgz": (formats.TAR_GZIP,),
    ".gz": (formats.NIFTI_GZIP, formats.TAR_GZIP),
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
_TESTS = (
    # Before the signatures: the first 128 bytes of a DICOM file may make it a TIFF as well (part 10, 7.1).
    (formats.is_dicom, formats.DICOM),
    (formats.is_zip, formats.ZIP),
    (formats.is_nifti, formats.NIFTI),
)
_GZIP_WINDOW = 16 + zlib.MAX_WBITS
# Only named in messages, so that a person sees at once which file was taken by mistake.
_SPOKEN = {
    formats.DICOM: "a DICOM file",
    formats.NIFTI: "a NIfTI volume",
    formats.NIFTI_GZIP: "a compressed NIfTI volume",
    formats.ZIP: "a ZIP archive",
    formats.TAR: "a tar archive",
    formats.TAR_GZIP: "a compressed tar archive",
}
_STRANGERS = (
    (b"GIF8", "a GIF file"),
    (b"%PDF", "a PDF document"),
    (b"\x1f\x8b", "a gzip file"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 file"),
    (b"RIFF", "a RIFF file"),
)


def sniff(head: bytes) -> str | None:
    """The media type of a file by its beginning, at least `HEAD_BYTES` of it; None when not known."""
    for belongs, media_type in _TESTS:
        if belongs(head):
            return media_type
    for signature, media_type in _SIGNATURES:
        if head.startswith(signature):
            return media_type
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in _BITMAP_HEADERS:
        return "image/bmp"
    if formats.is_gzip(head):
        return _inside_gzip(head)
    return formats.TAR if formats.is_tar(head) else None


def _inside_gzip(head: bytes) -> str | None:
    try:
        inside = zlib.decompressobj(_GZIP_WINDOW).decompress(head, formats.HEAD_BYTES)
    except zlib.error:
        return None
    if formats.is_nifti(inside):
        return formats.NIFTI_GZIP
    return formats.TAR_GZIP if formats.is_tar(inside) else None


def of_extension(extension: str) -> tuple[str, ...]:
    """The media types that an extension, with its dot and in lower case, may stand for."""
    return _EXTENSIONS.get(extension, ())


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
    if extension and found not in of_extension(extension):
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
    if not found or (accepted and not set(found).intersection(accepted)):
        raise ImageFormatError(
            f"Files that end in {extension} are not accepted; send {_listed(accepted)}.",
            metadata={"file_extension": extension},
        )


def empty_file() -> ImageFormatError:
    """The error for a file without a byte."""
    return ImageFormatError("The file is empty. Export it again and send that.", reason="EMPTY_FILE")


def _unsupported(head: bytes, found: str | None, accepted: tuple[str, ...]) -> ImageFormatError:
    if found:
        looks = f" It looks like {_SPOKEN[found]}." if found in _SPOKEN else f" The content is {found}."
    else:
        looks = _stranger(head)
    return ImageFormatError(
        f"The content is not one of the accepted formats; send {_listed(accepted)}.{looks}",
        metadata={"media_type": found} if found else None,
    )


def _stranger(head: bytes) -> str:
    for signature, name in _STRANGERS:
        if head.startswith(signature):
            return f" It looks like {name}."
    return ""


def _listed(accepted: tuple[str, ...]) -> str:
    wanted = set(accepted)
    known = sorted(ending for ending, kinds in _EXTENSIONS.items() if not wanted or wanted & set(kinds))
    return ", ".join(known) or "another kind of file"
