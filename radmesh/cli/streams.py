"""What is printed to: whatever a name or a message holds can be printed anywhere."""

import io
import sys


def print_everything() -> None:
    """Has stdout and stderr show, as `\\udc80` or `\\u2026`, what their encoding lacks, instead of raising.

    The name of a file may be no UTF-8, as old systems write others; nor may the terminal have it.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
