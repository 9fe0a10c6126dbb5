"""What the store knows of files: which of them a record needs, and which replica sweeps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.tasks.lifecycle import TERMINAL, State
from services.tasks.store import keys
from services.tasks.store.packing import unpack
from services.tasks.store.part import StorePart
from services.tasks.sweep.rules import ImageStanding, TaskFiles


@dataclass(frozen=True)
class SweepClaim:
    """Whether the sweep is claimed. store_age_seconds: since this store's first sweep."""

    held: bool
    store_age_seconds: float


class SweepPart(StorePart):
    """Sweeps of the blob store."""

    async def claim_sweep(self, token: str, seconds: float, interval_seconds: float = 0.0) -> SweepClaim:
        """Claims the sweep for a time, if nobody has it and the last one ended an interval ago."""
        return await self._claim_sweep(token, seconds, round(interval_seconds * 1000))

    async def renew_sweep(self, token: str, seconds: float) -> bool:
        """Renews a claim; whether it was still in force, or at least nobody else's."""
        return (await self._claim_sweep(token, seconds, "")).held

    async def end_sweep(self, token: str, *, done: bool) -> None:
        """Gives the claim back. done: whether the sweep came to its end."""
        await self._scripts.call("end_sweep", keys.SWEEP, self._now(), token, int(done))

    async def sight_images(self, sha256s: Sequence[str]) -> Mapping[str, ImageStanding]:
        """Returns how images stand."""
        if not sha256s:
            return {}
        found = await self._scripts.call("sight_images", keys.IMAGE_DELETIONS, *sha256s)
        return {sha: ImageStanding(one.decode()) for sha, one in zip(sha256s, found, strict=True)}

    async def sight_files(self, task_ids: Sequence[str]) -> Mapping[str, TaskFiles]:
        """Returns which files those of the tasks need that exist."""
        if not task_ids:
            return {}
        found = await self._scripts.call("sight_files", keys.task(task_ids[0]), *task_ids)
        return {task_id: _task_files(*row) for task_id, row in zip(task_ids, found, strict=True) if row[0]}

    async def store_age_seconds(self) -> float:
        """Time since this store's first sweep; 0 before it."""
        return (await self._claim_sweep("", 0, "")).store_age_seconds

    async def _claim_sweep(self, token: str, seconds: float, interval_ms: int | str) -> SweepClaim:
        held, age_ms = await self._scripts.call(
            "claim_sweep", keys.SWEEP, self._now(), token, round(seconds * 1000), interval_ms
        )
        return SweepClaim(bool(held), age_ms / 1000)


def _task_files(state: bytes, attempt: bytes = b"0", artifacts: bytes = b"") -> TaskFiles:
    if State(int(state)) not in TERMINAL:
        return TaskFiles(ended=False)
    return TaskFiles.of_ended(int(attempt), unpack(artifacts))
