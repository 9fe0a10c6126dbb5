"""What people decide about stages, and how it is kept."""

from radmesh.errors import NotAwaitingReviewError, ReviewChangedError
from services.tasks.lifecycle import Decision, State
from services.tasks.records import TaskRecord
from services.tasks.reviews import AskedDecision, rejection
from services.tasks.store import keys
from services.tasks.store.images import image_not_found
from services.tasks.store.part import StorePart
from services.tasks.store.reading import task_record
from services.tasks.store.tasks import task_not_found


class ReviewPart(StorePart):
    """Decisions about stages."""

    async def review(self, asked: AskedDecision, reviewer: str, *, any_owner: bool = False) -> TaskRecord:
        """Takes a decision; returns the task after it.

        any_owner: whether the reviewer may decide on the tasks of others. Repeating a decision that its
        reviewer has taken changes nothing.
        Raises TaskNotFoundError, ImageNotFoundError, NotAwaitingReviewError,
        ReviewChangedError.
        """
        error = b""
        if asked.decision is Decision.REJECTED:
            error = rejection(reviewer, asked.reason).SerializeToString(deterministic=True)
        outcome, *rest = await self._scripts.call(
            "review",
            keys.task(asked.task_id),
            self._now(),
            asked.task_id,
            reviewer,
            int(any_owner),
            asked.sequence,
            int(asked.decision),
            asked.reason,
            error,
            asked.parameters.given,
            asked.parameters.all,
            *(part for one in asked.replacements.items() for part in one),
        )
        if outcome == b"FOUND":
            return task_record(*rest)
        if outcome == b"NOT_AWAITING":
            state = State(rest[0]).name
            raise NotAwaitingReviewError(
                f"tasks/{asked.task_id} waits for no review: it is {state}.",
                metadata={"state": state},
            )
        if outcome == b"CHANGED":
            raise ReviewChangedError(
                f"tasks/{asked.task_id} shows another stage than the one that was seen. Look again.",
                metadata={"sequence": str(rest[0])},
            )
        if outcome == b"NO_IMAGE":
            raise image_not_found(rest[0].decode())
        raise task_not_found(asked.task_id)
