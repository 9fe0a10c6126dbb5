"""What readers of images, archives and checkpoints raise on hostile bytes: they have no common base."""

import struct
import zipfile
import zlib

PARSER_FAULTS = (
    *(ArithmeticError, AttributeError, EOFError, LookupError, SyntaxError, TypeError, ValueError),
    RuntimeError,  # NotImplementedError and RecursionError are among them
    *(struct.error, zlib.error, zipfile.BadZipFile),
)
"""But for the operating system's own: the caller knows whether an OSError speaks of the bytes or of the disk.

To be caught around calls of a library only. None is documented; these were seen with changed bytes.
"""
