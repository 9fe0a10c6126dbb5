"""Opening a study tells how far it is, and ends where a step raises, as a cancel does."""

import os

import pytest

from services.segmentation.ct.reading import OpeningSteps, open_ct
from tests.support.ct.archives import tar_gzipped, tarred
from tests.support.ct.encoding import file_bytes
from tests.support.ct.reading import LIMITS
from tests.support.ct.series import ct_series, hu_volume

FILES = [file_bytes(one) for one in ct_series(hu_volume(6))]


class Cancelled(Exception):
    """What a step raises here."""


def test_files_are_counted_one_by_one_and_packed_bytes_as_they_go() -> None:
    packed = tar_gzipped(FILES)
    unpacked: list[tuple[int, int]] = []
    read: list[tuple[int, int]] = []
    open_ct(
        packed, LIMITS, OpeningSteps(lambda *step: unpacked.append(step), lambda *step: read.append(step))
    )
    assert read == [(done, 6) for done in range(7)]
    assert unpacked[0] == (0, len(packed))
    assert unpacked[-1] == (len(packed), len(packed))
    assert unpacked == sorted(unpacked)


def test_what_a_step_raises_ends_the_opening() -> None:
    seen = []

    def stop_at_two(done: int, total: int) -> None:
        seen.append(done)
        if done == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        open_ct(tarred(FILES), LIMITS, OpeningSteps(read=stop_at_two))
    assert seen == [0, 1, 2]

    def stop(done: int, total: int) -> None:
        raise Cancelled

    before = set(os.listdir("/proc/self/fd"))
    with pytest.raises(Cancelled):
        open_ct(tar_gzipped(FILES), LIMITS, OpeningSteps(unpacked=stop))
    assert set(os.listdir("/proc/self/fd")) == before
