"""What a library says when there is no memory is known for that; a limit is a real one."""

import mmap
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from services.chassis.memory import is_out_of_memory

_TOO_MUCH = 1 << 50


def _map_too_much() -> object:
    return mmap.mmap(-1, _TOO_MUCH)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: bytearray(_TOO_MUCH),
        lambda: np.empty(_TOO_MUCH, np.uint8),
        lambda: torch.empty(_TOO_MUCH, dtype=torch.uint8),
        _map_too_much,
    ],
    ids=["python", "numpy", "torch", "a map"],
)
def test_every_librarys_word_for_too_little_memory_is_known(ask: Callable[[], object]) -> None:
    with pytest.raises((MemoryError, RuntimeError, OSError)) as caught:
        ask()
    assert is_out_of_memory(caught.value)


@pytest.mark.parametrize(
    "error", [RuntimeError("memory"), FileNotFoundError("x"), ValueError("Cannot allocate memory")]
)
def test_other_errors_are_no_lack_of_memory(error: Exception) -> None:
    assert not is_out_of_memory(error)


def test_a_limit_stops_allocations_and_no_maps_of_files(tmp_path: Path) -> None:
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(8 << 30)
    code = f"""
import mmap
from services.chassis.memory import limit_memory
limit_memory({256 << 20})
with open({str(large)!r}, "rb") as file:
    assert mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)[8 << 20] == 0
bytearray({64 << 20})
try:
    bytearray({512 << 20})
except MemoryError:
    print("no more")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "no more\n"
