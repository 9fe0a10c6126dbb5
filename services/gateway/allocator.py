"""How the gateway's memory allocator treats the buffers of chunks."""

import ctypes
from contextlib import suppress

# Numbers of glibc's malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_LARGEST_REUSED_BYTES = 2 << 20
_KEPT_BYTES = 8 << 20
_ARENAS = 2


def keep_freed_buffers() -> bool:
    """Lets glibc give the buffers of one chunk to the next one; whether it is glibc.

    By default glibc hands each freed MiB back to the kernel, which must then find, clear and map 256 pages
    for the next one: a tenth of an upload's processor time, and all threads wait for each other meanwhile.
    At most 8 MiB of free memory are kept at the end of each arena; few arenas, since each keeps its own.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return False
    # Setting any of the first two also ends the thresholds' own adjusting.
    wanted = (
        (_M_MMAP_THRESHOLD, _LARGEST_REUSED_BYTES),
        (_M_TRIM_THRESHOLD, _KEPT_BYTES),
        (_M_ARENA_MAX, _ARENAS),
    )
    return all(mallopt(number, value) == 1 for number, value in wanted)


def give_freed_buffers_back() -> None:
    """Returns free memory between blocks in use to the kernel; some milliseconds, so not on an event loop.

    The buffers of many uploads leave holes that no threshold gives back.
    """
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)
