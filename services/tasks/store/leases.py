"""Workers: their sessions, their leases, and how their attempts end."""

import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from radmesh.errors import AbortedError
from radmesh.tasks.v1 import task_pb2
from services.tasks.lifecycle import Cause
from services.tasks.outcomes import Outcome
from services.tasks.records import Grant, ImageRecord, LeaseKey, LeaseState
from services.tasks.store import keys
from services.tasks.store.packing import unpack
from services.tasks.store.part import StorePart
from services.tasks.store.reading import review_records


class LeasePart(StorePart):
    """Workers' sessions and leases."""

    async def open_session(
        self,
        worker: str,
        leases: Sequence[LeaseKey],
        pipelines: Sequence[str],
        *,
        slots: int = 1,
        version: str = "",
    ) -> tuple[int, Mapping[LeaseKey, LeaseState]]:
        """Starts a worker's newest session and renews the leases that it names.

        Leases of the worker that it does not name never reached it: they go back to the queue.
        """
        session, *standings = await self._scripts.call(
            "open_session",
            keys.worker(worker),
            self._now(),
            worker,
            " ".join(pipelines),
            slots,
            version,
            *_flat(leases),
        )
        return session, _standings(leases, standings)

    async def close_session(self, worker: str, session: int) -> None:
        """Counts the worker as connected no more, unless a newer session is in force. Its leases stay."""
        await self._scripts.call("close_session", keys.worker(worker), worker, session)

    async def acquire(
        self, worker: str, session: int, pipelines: Sequence[str], operation_id: str
    ) -> Grant | None:
        """Leases the task that is first in turn; None when there is none. See `acquire_several`."""
        return next(iter(await self.acquire_several(worker, session, pipelines, operation_id, 1)), None)

    async def acquire_several(
        self, worker: str, session: int, pipelines: Sequence[str], operation_id: str, most: int
    ) -> Sequence[Grant]:
        """Leases the tasks that are first in turn, at most so many; fewer when there are not more.

        Repeated with the same operation id: the same grants, less those that are not in force any more.
        Raises AbortedError (SESSION_SUPERSEDED).
        """
        nonce = secrets.token_hex(16)
        outcome, *granted = await self._scripts.call(
            "acquire",
            keys.worker(worker),
            self._now(),
            worker,
            session,
            operation_id,
            most,
            nonce,
            *pipelines,
        )
        if outcome == b"SUPERSEDED":
            raise superseded(worker)
        return [_grant(*one) for one in zip(granted[::2], granted[1::2], strict=True)]

    async def heartbeat(
        self, worker: str, session: int, leases: Sequence[LeaseKey]
    ) -> Mapping[LeaseKey, LeaseState]:
        """Renews the leases and tells how each stands. Raises AbortedError (SESSION_SUPERSEDED)."""
        outcome, *standings = await self._scripts.call(
            "heartbeat", keys.worker(worker), self._now(), worker, session, *_flat(leases)
        )
        if outcome == b"SUPERSEDED":
            raise superseded(worker)
        return _standings(leases, standings)

    async def report_progress(self, lease: LeaseKey, progress: bytes, mark: str = "") -> bool:
        """Keeps the latest progress, a serialized `TaskProgress`; False when the lease is lost.

        mark: what of it has to change to count as progress; all of it when empty.
        """
        key = keys.task(lease.task_id)
        return bool(
            await self._scripts.call(
                "progress", key, self._now(), *_flat([lease]), progress, mark or progress
            )
        )

    async def finish(self, lease: LeaseKey, **kind: Any) -> bool:
        """Ends one attempt; see `finish_several`. kind: the fields of `Outcome`."""
        (accepted,) = await self.finish_several([(lease, Outcome(**kind))])
        return accepted

    async def finish_several(self, ended: Sequence[tuple[LeaseKey, Outcome]]) -> list[bool]:
        """Ends attempts in one script; for each, whether its outcome counts or the lease is lost.

        `retryable` of an error and the reasons WORKER_CRASHED and ATTEMPT_TIMEOUT decide what follows.
        Repeating an accepted outcome returns True and changes nothing.
        """
        words: list[str | bytes | int] = []
        for lease, outcome in ended:
            said = _said(lease, outcome)
            words += [len(said), lease.task_id, *said]
        accepted = await self._scripts.call("finish", keys.task(ended[0][0].task_id), self._now(), *words)
        return list(map(bool, accepted))


def _grant(needed: Sequence[Any], described: Sequence[bytes | None]) -> Grant:
    task, attempt, token, pipeline, stage, attempt_ms, progress_ms, *fields = needed
    images, parameters, weights, digest, trace, *before = fields
    return Grant(
        lease=LeaseKey(task.decode(), attempt, token.decode()),
        pipeline=pipeline.decode(),
        images=tuple(
            ImageRecord(sha256, int(size or 0), (media_type or b"").decode())
            for sha256, size, media_type in zip(
                images.decode().split(), described[::2], described[1::2], strict=True
            )
        ),
        parameters_json=parameters.decode(),
        weights=weights.decode(),
        weights_digest=digest.decode(),
        traceparent=trace.decode(),
        attempt_timeout_ms=attempt_ms,
        progress_timeout_ms=progress_ms,
        stage=max(stage, 1),
        **(_left(*before) if before else {}),
    )


def _left(stage_result: bytes, artifacts: bytes, reviews: bytes) -> dict[str, Any]:
    """What the stages before have left."""
    return {
        "stage_result": stage_result,
        "artifacts": tuple(unpack(artifacts)),
        "reviews": review_records(reviews.decode()),
    }


def _said(lease: LeaseKey, outcome: Outcome) -> list[str | bytes | int]:
    """What `finishing.lua` takes of an attempt. Raises ValueError for an outcome of no kind, or of two."""
    result, artifacts = outcome.result or outcome.stage_result, outcome.artifacts
    failure = outcome.error or outcome.answer_refused
    kinds = (result, outcome.error, outcome.answer_refused, outcome.cancelled, outcome.released)
    if sum(map(bool, kinds)) != 1 or (outcome.result and outcome.stage_result) or (artifacts and not result):
        raise ValueError("an outcome is one of its kinds; artifacts need a result or a stage result")
    error = task_pb2.TaskError.FromString(failure) if failure else None
    told: str | bytes = result
    if error and outcome.answer_refused:
        cause, told = Cause.ANSWER_REFUSED, _refused_json(error)
    elif outcome.stage_result:
        cause = Cause.REVIEW_REQUESTED
    else:
        cause = _cause(result, error, outcome.cancelled)
    names, reason = " ".join(outcome.file_names), error.reason if error else ""
    ending = [cause.value, outcome.released, told, failure, names, reason]
    return [lease.attempt, lease.token, *ending, *artifacts]


def _refused_json(error: task_pb2.TaskError) -> str:
    """What a review keeps of why its answer could not be used, as `RefusedAnswer` takes it."""
    why = {"reason": error.reason, "message": error.message, "metadata": dict(error.metadata)}
    return json.dumps(why, sort_keys=True)


def _cause(result: bytes, said: task_pb2.TaskError | None, cancelled: bool) -> Cause:
    if result:
        return Cause.COMPLETED
    if cancelled:
        return Cause.ATTEMPT_CANCELLED
    if said is None:
        return Cause.RELEASED
    if said.reason in {Cause.WORKER_CRASHED.value, Cause.ATTEMPT_TIMEOUT.value}:
        return Cause(said.reason)
    return Cause.TRANSIENT_FAILURE if said.retryable else Cause.ATTEMPT_FAILED


def _flat(leases: Sequence[LeaseKey]) -> list[str | int]:
    return [part for lease in leases for part in (lease.task_id, lease.attempt, lease.token)]


def _standings(leases: Sequence[LeaseKey], standings: Sequence[bytes]) -> Mapping[LeaseKey, LeaseState]:
    return {lease: LeaseState(standing.decode()) for lease, standing in zip(leases, standings, strict=True)}


def superseded(worker: str) -> AbortedError:
    """What ends a session when a newer one of its worker is in force."""
    return AbortedError(f"A newer session of worker {worker} is in force.", reason="SESSION_SUPERSEDED")
