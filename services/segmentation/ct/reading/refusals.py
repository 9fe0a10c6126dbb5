"""How reading refuses an image: a reason for programs, a sentence for people, and the numbers."""

from radmesh.errors import ImageFormatError


def refused(message: str, *, reason: str, **numbers: object) -> ImageFormatError:
    """The error to raise. numbers: its metadata, without None; what they are is said in docs/errors.md.

    The message says first what is wrong, then what to do. It names slices by number and files by their place
    in the upload: a file's name or an element's text may hold a patient's.
    """
    metadata = {key: str(value) for key, value in numbers.items() if value is not None}
    return ImageFormatError(message, reason=reason, metadata=metadata)


def damaged(what: str) -> ImageFormatError:
    """The error for a file that ends early or contradicts itself. what: `instance 57`, `the archive`."""
    return refused(
        f"{what[0].upper()}{what[1:]} cannot be read: it ends early or is damaged. Send the series again.",
        reason="FILE_UNREADABLE",
        file=what,
    )
