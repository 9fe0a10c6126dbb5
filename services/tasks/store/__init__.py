"""Every task, lease, image and pipeline of the mesh, kept in Redis."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence

from services.tasks.records import (
    EventRecord,
    FeedEntry,
    Grant,
    ImageRecord,
    LeaseKey,
    LeaseState,
    NewTask,
    PipelineRecord,
    TaskFilter,
    TaskRecord,
    TickReport,
)
from services.tasks.store.settings import StoreSettings

__all__ = ["StoreSettings", "TaskStore"]


class TaskStore:
    """Every task, lease, image and pipeline of the mesh, kept in Redis.

    Any method raises UnavailableError (STORE_UNAVAILABLE) while Redis is away; the store reconnects by itself.
    Each write is one script, so that it happens whole or not at all.
    """

    @classmethod
    async def open(
        cls, url: str, settings: StoreSettings | None = None, clock: Callable[[], int] | None = None
    ) -> "TaskStore":
        """Connects, checks the schema version and loads the scripts.

        url: `redis://host:port/db` or `unix://path`. clock: milliseconds since the epoch; Redis' own when None.
        Raises FailedPreconditionError (SCHEMA_VERSION) when another version of the schema is in use.
        """
        raise NotImplementedError

    async def close(self) -> None:
        """Closes the connections."""
        raise NotImplementedError

    async def create(self, new: NewTask) -> tuple[TaskRecord, bool]:
        """Queues a task; returns it, and whether it was created now (False: the request id was known).

        Raises RequestIdReusedError, ImageNotFoundError, TaskNotFoundError (its task was deleted since).
        """
        raise NotImplementedError

    async def get(self, task_id: str, owner: str) -> TaskRecord:
        """Returns a task. Raises TaskNotFoundError."""
        raise NotImplementedError

    async def read_log(
        self, task_id: str, owner: str, after: int | None
    ) -> tuple[TaskRecord, list[EventRecord]]:
        """Returns a task and its events after a cursor, read at one instant; no events when `after` is None.

        Raises TaskNotFoundError, CursorCompactedError, CursorAheadError.
        """
        raise NotImplementedError

    async def list_tasks(
        self, owner: str, task_filter: TaskFilter, page_size: int, page_token: str
    ) -> tuple[list[TaskRecord], str]:
        """Returns a page of an owner's tasks by create time, and the next page's token, empty on the last.

        Raises InvalidRequestError when the token cannot be read.
        """
        raise NotImplementedError

    async def cancel(self, task_id: str, owner: str) -> TaskRecord:
        """Asks for the end of a task; an ended one is returned as it is. Raises TaskNotFoundError."""
        raise NotImplementedError

    async def open_session(
        self, worker: str, leases: Sequence[LeaseKey], pipelines: Sequence[str]
    ) -> tuple[int, Mapping[LeaseKey, LeaseState]]:
        """Starts a worker's newest session and renews the leases that it names.

        Leases of the worker that it does not name never reached it: they go back to the queue.
        """
        raise NotImplementedError

    async def close_session(self, worker: str, session: int) -> None:
        """Counts the worker as connected no more, unless a newer session is in force. Its leases stay."""
        raise NotImplementedError

    async def acquire(
        self, worker: str, session: int, pipelines: Sequence[str], operation_id: str
    ) -> Grant | None:
        """Leases the task that is first in turn. Repeated with the same operation id: the same grant.

        Raises AbortedError (SESSION_SUPERSEDED).
        """
        raise NotImplementedError

    async def heartbeat(
        self, worker: str, session: int, leases: Sequence[LeaseKey]
    ) -> Mapping[LeaseKey, LeaseState]:
        """Renews the leases and tells how each stands. Raises AbortedError (SESSION_SUPERSEDED)."""
        raise NotImplementedError

    async def report_progress(self, lease: LeaseKey, progress: bytes) -> bool:
        """Keeps the latest progress, a serialized `TaskProgress`; False when the lease is lost."""
        raise NotImplementedError

    async def finish(
        self,
        lease: LeaseKey,
        *,
        result: bytes = b"",
        error: bytes = b"",
        artifacts: Sequence[bytes] = (),
        cancelled: bool = False,
        released: str = "",
    ) -> bool:
        """Ends an attempt with exactly one of result, error, cancelled and released; False: the lease is lost.

        error: serialized `TaskError`; `retryable` and the reasons WORKER_CRASHED and ATTEMPT_TIMEOUT decide what
        follows. artifacts: serialized `Artifact` each, with a result only. released: the reason.
        Repeating an accepted outcome returns True and changes nothing.
        """
        raise NotImplementedError

    async def tick(self) -> TickReport:
        """Does what is due: delayed tasks, lost leases, time-outs, retention. Any replica may call it any time."""
        raise NotImplementedError

    async def record_image(self, owner: str, image: ImageRecord) -> ImageRecord:
        """Lets an owner use an image, and pins it for a time; returned with its times."""
        raise NotImplementedError

    async def get_image(self, owner: str, sha256: str) -> ImageRecord:
        """Returns an image of the owner's. Raises ImageNotFoundError."""
        raise NotImplementedError

    async def put_pipeline(self, pipeline: str, descriptor: bytes, descriptor_set_sha256: str) -> None:
        """Keeps a pipeline's description; descriptor sets that no pipeline uses any more are dropped."""
        raise NotImplementedError

    async def list_pipelines(self) -> list[PipelineRecord]:
        """Returns all pipelines by name."""
        raise NotImplementedError

    async def put_descriptor_set(self, sha256: str, content: bytes) -> None:
        """Keeps a serialized FileDescriptorSet; put before the pipelines that use it."""
        raise NotImplementedError

    async def list_descriptor_sets(self) -> Mapping[str, bytes]:
        """Returns the descriptor sets by digest."""
        raise NotImplementedError

    async def queue_counts(self) -> Mapping[tuple[str, int], int]:
        """Returns how many tasks there are by pipeline and state."""
        raise NotImplementedError

    def feed(self) -> AsyncIterator[FeedEntry]:
        """Follows everything that happens, for ever.

        The first entry is a GAP: what is written after it arrives. Another GAP comes wherever entries may have
        been missed, after a reconnect or when the follower fell behind what is kept.
        """
        raise NotImplementedError
