"""Keeps mapped files from filling the memory of the process that reads them."""

import mmap

_MOST_BYTES = 16 << 20


class Resident:
    """Counts what is touched of mapped files, and gives their pages back before they are many.

    Pages of a mapping count as memory of the process as long as it has them, though the system could take
    them; given back, they stay in the system's cache.
    """

    def __init__(self) -> None:
        self._maps: dict[int, mmap.mmap] = {}
        self._bytes = 0

    def touch(self, view: memoryview, length: int | None = None) -> None:
        """To be called when a view was read, or `length` bytes of it; of no effect unless it is of a mapping.

        A look at the beginning counts in full: a system may map much more at once than was looked at.
        """
        mapped = view.obj
        if not isinstance(mapped, mmap.mmap):
            return
        self._maps[id(mapped)] = mapped
        self._bytes += len(view) if length is None else length
        if self._bytes > _MOST_BYTES:
            self.let_go()

    def let_go(self) -> None:
        """Gives back all pages that were touched."""
        for mapped in self._maps.values():
            mapped.madvise(mmap.MADV_DONTNEED)
        self._maps.clear()
        self._bytes = 0
