"""Counts the free slots of one worker, as far as this replica can know."""

from collections.abc import Collection, Iterable

from services.tasks.records import LeaseKey


class Slots:
    """What fills a worker's slots: leases it holds, dropped ones that it still stops, and work of others.

    A worker's own count lags behind assignments on their way to it, so it only tells of work that did not
    come from here: direct calls.
    """

    def __init__(self, slots: int, held: Iterable[LeaseKey]) -> None:
        self._slots = slots
        self._held = set(held)
        self._stopping: set[LeaseKey] = set()
        self._elsewhere = 0

    def free(self, ahead: int = 0) -> int:
        """Slots that may take work now. ahead: so many assignments may wait for one.

        None while more than half of these wait: a few at a time cost more than all of them together.
        """
        # Who has other work than ours gives up as many slots, not the places of those who wait.
        open_slots = self._slots - self._elsewhere
        taken = len(self._held) + len(self._stopping)
        if open_slots <= 0 or taken > open_slots + ahead // 2:
            return 0
        return open_slots + ahead - taken

    def holds(self, lease: LeaseKey) -> bool:
        """Whether the worker was given the lease and did not lose or end it."""
        return lease in self._held

    def fill(self, lease: LeaseKey) -> None:
        """The lease goes to the worker."""
        self._held.add(lease)

    def clear(self, lease: LeaseKey) -> None:
        """The attempt ended: the worker said so."""
        self._held.discard(lease)
        self._stopping.discard(lease)

    def drop(self, lease: LeaseKey) -> None:
        """The lease is lost. Its slot is free once the worker does not name the lease any more."""
        if lease in self._held:
            self._held.discard(lease)
            self._stopping.add(lease)

    def heard(self, named: Collection[LeaseKey], free_slots: int) -> None:
        """Takes a heartbeat: the leases that the worker named, and the slots that it calls free."""
        self._stopping.intersection_update(named)
        self._elsewhere = max(0, self._slots - free_slots - len(named))
