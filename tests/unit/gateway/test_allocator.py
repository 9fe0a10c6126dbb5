"""The allocator's settings, each in a process of its own: they hold for a whole process."""

import platform
import subprocess
import sys

import pytest

_CHUNKS = """
import resource, sys
from services.gateway.allocator import keep_freed_buffers
if sys.argv[1] == "kept":
    assert keep_freed_buffers()
def pass_chunks(times):
    for _ in range(times):
        chunks = [bytes(1 << 20) for _ in range(4)]
        del chunks
pass_chunks(4)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
pass_chunks(64)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""

_HOLES = """
import psutil
from services.gateway.allocator import give_freed_buffers_back, keep_freed_buffers
keep_freed_buffers()
kept, freed = [], []
for _ in range(64):
    freed.append(bytearray(b"x") * (1 << 20))
    kept.append(bytearray(b"x") * (64 << 10))
freed.clear()
before = psutil.Process().memory_info().rss
give_freed_buffers_back()
print(before - psutil.Process().memory_info().rss)
"""

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="settings of glibc")


def _page_faults(how: str) -> int:
    command = (sys.executable, "-c", _CHUNKS, how)
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def test_a_chunks_memory_goes_to_the_next_chunk_without_the_kernel() -> None:
    """256 chunks of 256 pages each come and go; none of them needs new pages."""
    assert _page_faults("kept") < 256


def test_the_settings_are_what_keeps_it() -> None:
    """Without them the same chunks take pages from the kernel again and again: the test above can fail."""
    assert _page_faults("default") > 2_000


def test_the_holes_that_many_chunks_leave_go_back_to_the_kernel() -> None:
    """64 MiB lie free between blocks in use."""
    command = (sys.executable, "-c", _HOLES)
    given_back = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert given_back > 48 << 20
