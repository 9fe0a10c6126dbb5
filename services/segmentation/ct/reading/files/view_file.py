"""A read-only file over a buffer that is not copied, for libraries that want a file."""

import io


class ViewFile(io.RawIOBase):
    """Reads from a memoryview. most_bytes: a single read of more is refused with OSError; None allows all.

    The limit keeps a library from loading what a hostile header announces.
    """

    def __init__(self, view: memoryview, most_bytes: int | None = None) -> None:
        super().__init__()
        self._view = view
        self._most_bytes = most_bytes
        self._position = 0

    def readable(self) -> bool:
        """See io.IOBase."""
        return True

    def seekable(self) -> bool:
        """See io.IOBase."""
        return True

    def tell(self) -> int:
        """See io.IOBase."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """See io.IOBase; before the beginning raises OSError as a file does."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: len(self._view)}[whence]
        if base + offset < 0:
            raise OSError("a position before the beginning of the file")
        self._position = base + offset
        return self._position

    def read(self, size: int | None = -1) -> bytes:
        """See io.RawIOBase."""
        left = max(0, len(self._view) - self._position)
        wanted = left if size is None or size < 0 else min(size, left)
        if self._most_bytes is not None and wanted > self._most_bytes:
            raise OSError(f"{wanted} bytes at once are over the limit of {self._most_bytes}")
        found = bytes(self._view[self._position : self._position + wanted])
        self._position += wanted
        return found
