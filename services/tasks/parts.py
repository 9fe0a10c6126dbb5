"""What the servicers of one replica share."""

from dataclasses import dataclass

from radmesh.errors import InvalidRequestError, Violation
from services.chassis.watch import TaskLog, WatchHub
from services.tasks.catalogue import Catalogue
from services.tasks.follows import Follows
from services.tasks.sessions import Sessions
from services.tasks.store import TaskStore
from services.tasks.timeouts import TimeoutPolicy
from services.tasks.translate import event_message, task_message
from services.tasks.validation import resource_id


@dataclass(frozen=True)
class Parts:
    """Built once the store is open, before the first call is taken."""

    store: TaskStore
    catalogue: Catalogue
    sessions: Sessions
    hub: WatchHub
    follows: Follows
    timeouts: TimeoutPolicy


class StoreLogs:
    """The logs of tasks for a `WatchHub`. A replica follows the whole feed: nothing has to be subscribed."""

    def __init__(self, store: TaskStore) -> None:
        self._store = store

    async def subscribe(self, task: str) -> None:
        """See LogSource."""

    async def unsubscribe(self, task: str) -> None:
        """See LogSource."""

    async def read(self, task: str, owner: str, after: int | None) -> TaskLog:
        """See LogSource. Raises InvalidRequestError as well."""
        task_id = resource_id("tasks", task)
        if after is not None and after < 0:
            raise InvalidRequestError([Violation("after_sequence", "must not be negative")])
        record, events = await self._store.read_log(task_id, owner, after)
        return TaskLog(task_message(record), [event_message(event) for event in events])
