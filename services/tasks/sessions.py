"""The workers that are connected to this replica, and who of them looks for work when there is some."""

import asyncio
import random
from collections.abc import Sequence

from radmesh.errors import UnavailableError
from radmesh.tasks.v1 import worker_service_pb2 as work
from services.chassis import logs
from services.tasks.catalogue import Catalogue
from services.tasks.hello import check_hello, check_pipelines
from services.tasks.records import FeedEntry
from services.tasks.session import WorkerSession
from services.tasks.store import TaskStore
from services.tasks.store.leases import superseded
from services.tasks.timeouts import TimeoutPolicy
from services.tasks.translate import lease_key

_LOG = logs.logger(__name__)
_VERSION_CHARACTERS = 100


class Sessions:
    """Opens and closes sessions, and hands the news of the feed to them.

    policy: what workers are told, and what their pipelines may ask for.
    """

    def __init__(self, store: TaskStore, catalogue: Catalogue, policy: TimeoutPolicy) -> None:
        self._store = store
        self._catalogue = catalogue
        self._policy = policy
        self._sessions: dict[str, WorkerSession] = {}
        self._draining = False
        self._empty = asyncio.Event()

    def __len__(self) -> int:
        return len(self._sessions)

    async def open(self, hello: work.WorkerHello) -> WorkerSession:
        """Puts a worker's newest session in force.

        Raises InvalidRequestError, FailedPreconditionError (DESCRIPTOR_CONFLICT), ExhaustedError,
        UnavailableError, AbortedError when a newer one came meanwhile.
        """
        self._refuse_if_draining()
        check_hello(hello, self._policy)
        pipelines = await self._catalogue.learn(hello)
        leases = [key for key in map(lease_key, hello.leases) if key is not None]
        number, standings = await self._store.open_session(
            hello.worker, leases, pipelines, slots=hello.slots, version=hello.version[:_VERSION_CHARACTERS]
        )
        self._refuse_if_draining()
        session = WorkerSession(self._store, hello, number, pipelines, self._learn)
        other = self._sessions.get(hello.worker)
        if other is not None and other.number > number:
            raise superseded(hello.worker)
        if other is not None:
            other.end(superseded(hello.worker))
        self._sessions[hello.worker] = session
        session.welcome(self._welcome(number), [(lease, standings[lease]) for lease in leases])
        _LOG.info("worker connected", worker=hello.worker, session=number, pipelines=pipelines)
        return session

    async def close(self, session: WorkerSession) -> None:
        """Forgets a session whose stream has ended. The worker's leases stay."""
        if self._sessions.get(session.worker) is session:
            del self._sessions[session.worker]
        if not self._sessions:
            self._empty.set()
        _LOG.info("worker disconnected", worker=session.worker, session=session.number)
        try:
            await self._store.close_session(session.worker, session.number)
        except UnavailableError:
            # It only counts as connected a little longer.
            _LOG.warning("session not closed in the store", worker=session.worker)

    def wake(self, pipeline: str, tasks: int = 1) -> None:
        """Tasks of a pipeline are ready: as many workers with a free slot look; if all do, once more."""
        able = [one for one in self._sessions.values() if one.free_slots and pipeline in one.pipelines]
        resting = [one for one in able if not one.looking]
        for session in random.sample(resting, min(tasks, len(resting))) if resting else able:
            session.want_work()

    def wake_all(self) -> None:
        """Something may be ready: every worker with a free slot looks."""
        for session in self._sessions.values():
            if session.free_slots:
                session.want_work()

    def reconnect_all(self) -> None:
        """The store knows no session any more: the workers say hello again."""
        error = UnavailableError(
            "the store was emptied: connect again", reason="UNAVAILABLE", retry_after=0.0
        )
        for session in self._sessions.values():
            session.end(error)

    def cancel(self, entry: FeedEntry) -> None:
        """Passes a cancel on, when its worker is connected here."""
        session = self._sessions.get(entry.worker)
        if session is not None and entry.lease is not None:
            session.cancel(entry.lease)

    def drop(self, entry: FeedEntry) -> None:
        """Passes the loss of a lease on, when its worker is connected here."""
        session = self._sessions.get(entry.worker)
        if session is not None and entry.lease is not None:
            session.drop(entry.lease)

    def inspect(self, entry: FeedEntry) -> None:
        """Passes a question on, when its worker is connected here."""
        session = self._sessions.get(entry.worker)
        if session is not None:
            session.inspect(entry.inspect_id)

    async def drain(self, grace_seconds: float) -> None:
        """Sends the workers elsewhere; returns when the last one is gone, or its time is over."""
        self._draining = True
        for session in self._sessions.values():
            session.drain(grace_seconds)
        if not self._sessions:
            return
        self._empty.clear()
        try:
            async with asyncio.timeout(2 * grace_seconds + 1.0):
                await self._empty.wait()
        except TimeoutError:
            _LOG.warning("workers did not leave in time", workers=len(self._sessions))

    async def _learn(self, told: work.WorkerPipelines, known: Sequence[str]) -> None:
        check_pipelines(told, known, self._policy)
        await self._catalogue.learn(told)

    def _refuse_if_draining(self) -> None:
        if self._draining:
            raise UnavailableError("this replica goes down: connect elsewhere", reason="DRAINING")

    def _welcome(self, number: int) -> work.WorkerWelcome:
        message = work.WorkerWelcome(session=number, reads_more=True)
        message.heartbeat_interval.FromMilliseconds(self._policy.beat_ms)
        message.lease_duration.FromMilliseconds(self._policy.defaults.heartbeat_ms)
        return message
