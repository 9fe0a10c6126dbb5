"""Follows the store's feed and hands each entry to whom it concerns on this replica."""

import time

from radmesh.tasks.v1.batch_service_pb2 import BatchProgress
from services.chassis import logs
from services.chassis.watch import WatchHub
from services.tasks.batch_messages import batch_event_message
from services.tasks.batch_records import BatchEventRecord
from services.tasks.follows import Follows
from services.tasks.inquiries import Inquiries
from services.tasks.metrics import TasksMetrics
from services.tasks.records import FeedEntry, FeedKind
from services.tasks.sessions import Sessions
from services.tasks.store import TaskStore
from services.tasks.translate import event_message, progress_message
from services.tasks.webhooks.courier import Courier

_LOG = logs.logger(__name__)


class Follower:
    """One reader of the feed for a whole replica."""

    def __init__(
        self,
        store: TaskStore,
        hub: WatchHub,
        follows: Follows,
        sessions: Sessions,
        inquiries: Inquiries,
        *,
        courier: Courier,
        metrics: TasksMetrics,
    ) -> None:
        self._store = store
        self._hub = hub
        self._follows = follows
        self._sessions = sessions
        self._inquiries = inquiries
        self._courier = courier
        self._metrics = metrics

    async def run(self) -> None:
        """Reads for ever; the store reconnects by itself and tells of what may have been missed."""
        async for entry in self._store.feed():
            try:
                self._take(entry)
            except (ValueError, TypeError):
                # One entry that cannot be read must not end the news of all others.
                _LOG.exception("feed entry not understood", kind=entry.kind.value, task=entry.task_id)
                self._gap()

    def _take(self, entry: FeedEntry) -> None:
        if entry.kind is FeedKind.EVENT:
            self._publish_event(entry)
        elif entry.kind is FeedKind.PROGRESS:
            self._publish_progress(entry)
        elif entry.kind is FeedKind.WAKE:
            self._wake(entry)
        elif entry.kind is FeedKind.CANCEL:
            self._sessions.cancel(entry)
        elif entry.kind is FeedKind.DROP:
            self._sessions.drop(entry)
        elif entry.kind is FeedKind.INSPECT:
            self._sessions.inspect(entry)
        elif entry.kind is FeedKind.INSPECTION:
            self._inquiries.take(entry)
        elif entry.kind is FeedKind.WEBHOOK:
            self._courier.wake()
        else:
            self._gap(f"tasks/{entry.task_id}" if entry.task_id else None)
            if entry.batch:
                self._gap(f"batches/{entry.batch}")

    def _wake(self, entry: FeedEntry) -> None:
        if entry.pipeline:
            self._sessions.wake(entry.pipeline, entry.tasks)
        else:
            self._sessions.wake_all()

    def _gap(self, name: str | None = None) -> None:
        self._hub.gap(name)
        self._follows.gap(name)
        self._sessions.wake_all()

    def _is_heard(self, name: str) -> bool:
        return self._hub.is_watched(name) or self._follows.is_followed(name)

    def _publish_event(self, entry: FeedEntry) -> None:
        if entry.event is None:
            return
        self._metrics.event_lag.observe(max(0.0, time.time() - entry.event.time.timestamp()))
        task, batch = f"tasks/{entry.task_id}", f"batches/{entry.batch}"
        if self._is_heard(task):
            event = event_message(entry.event)
            self._hub.publish_event(task, event)
            self._follows.publish_event(task, event)
        if entry.place is not None and self._is_heard(batch):
            place = entry.place
            of_batch = BatchEventRecord(place.sequence, entry.task_id, place.open_tasks, entry.event)
            told = batch_event_message(of_batch)
            self._hub.publish_event(batch, told)
            self._follows.publish_event(batch, told)

    def _publish_progress(self, entry: FeedEntry) -> None:
        task, batch = f"tasks/{entry.task_id}", f"batches/{entry.batch}"
        if self._is_heard(task):
            progress = progress_message(entry.progress)
            self._hub.publish_progress(task, progress)
            self._follows.publish_progress(task, progress)
        if entry.batch and self._is_heard(batch):
            told = BatchProgress(task=task, progress=progress_message(entry.progress))
            self._hub.publish_progress(batch, told)
            self._follows.publish_progress(batch, told)
