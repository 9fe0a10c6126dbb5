"""The share of processor time that other guests of the host took."""

from bench.steal import ProcessorTime, read

_STAT = "cpu  100 0 50 800 10 0 0 40 30 0\ncpu0 1 2 3 4 5 6 7 8 9 0\n"


def test_guest_time_is_not_counted_twice() -> None:
    """user, nice, system, idle, iowait, irq, softirq and steal make the total; guest time is within user."""
    assert read(_STAT) == ProcessorTime(stolen=40, total=1000)


def test_a_share_is_of_the_time_in_between() -> None:
    """10 ticks of 200 were stolen; what was before does not count."""
    assert ProcessorTime(50, 1200).stolen_since(ProcessorTime(40, 1000)) == 0.05


def test_no_time_at_all_is_no_share() -> None:
    """Where the system does not tell, nothing was stolen, and nothing is divided by zero."""
    assert ProcessorTime(0, 0).stolen_since(ProcessorTime(0, 0)) == 0.0
