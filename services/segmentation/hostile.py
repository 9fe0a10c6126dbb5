"""What readers of images, archives and checkpoints raise on hostile bytes: they have no common base."""

import errno
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PARSER_FAULTS = (
    *(ArithmeticError, AttributeError, EOFError, LookupError, SyntaxError, TypeError, ValueError),
    RuntimeError,  # NotImplementedError and RecursionError are among them
    *(struct.error, zlib.error, zipfile.BadZipFile),
)
"""But for the operating system's own: the caller knows whether an OSError speaks of the bytes or of the disk.

To be caught around calls of a library only. None is documented; these were seen with changed bytes.
"""


@contextmanager
def parsing(refusal: Callable[[], Exception]) -> Iterator[None]:
    """Raises `refusal()` in the place of what a library raises on the bytes of a hostile file.

    Also for a place before the file's beginning, to which a directory may lead: the operating system calls it
    an invalid argument. What else it says is of the disk, and goes on.
    """
    try:
        yield
    except PARSER_FAULTS:
        raise refusal() from None
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        raise refusal() from None
