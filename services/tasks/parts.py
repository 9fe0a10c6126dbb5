"""What the servicers of one replica share."""

from dataclasses import dataclass

from radmesh.errors import InvalidRequestError, Violation
from services.chassis import principals, roles
from services.chassis.watch import WatchHub
from services.chassis.watcher import Log
from services.tasks.batch_messages import batch_event_message, batch_message
from services.tasks.catalogue import Catalogue
from services.tasks.counting import Counting
from services.tasks.follows import Follows
from services.tasks.paces import Paces
from services.tasks.recovery import Recovery
from services.tasks.sessions import Sessions
from services.tasks.store import TaskStore
from services.tasks.sweep.sweeper import Sweeper
from services.tasks.timeouts import TimeoutPolicy
from services.tasks.translate import event_message, task_message
from services.tasks.validation import resource_id
from services.tasks.webhooks.policy import CallbackPolicy


@dataclass(frozen=True)
class Parts:
    """Built once the store is open, before the first call is taken."""

    store: TaskStore
    catalogue: Catalogue
    sessions: Sessions
    hub: WatchHub
    follows: Follows
    timeouts: TimeoutPolicy
    recovery: Recovery
    paces: Paces
    callbacks: CallbackPolicy
    counting: Counting
    sweeper: Sweeper


class StoreLogs:
    """The logs of tasks and batches for a `WatchHub`.

    A replica follows the whole feed: nothing has to be subscribed.
    """

    def __init__(self, store: TaskStore, paces: Paces) -> None:
        self._store = store
        self._paces = paces

    async def subscribe(self, name: str, owner: str, after: int | None) -> None:
        """See LogSource."""

    async def unsubscribe(self, name: str) -> None:
        """See LogSource."""

    async def read(self, name: str, owner: str, after: int | None) -> Log:
        """See LogSource. Raises InvalidRequestError as well."""
        of_batch = name.startswith("batches/")
        found = resource_id("batches" if of_batch else "tasks", name)
        if after is not None and after < 0:
            raise InvalidRequestError([Violation("after_sequence", "must not be negative")])
        if of_batch:
            batch, members = await self._store.read_batch(found, owner, after)
            return Log(batch_message(batch), [batch_event_message(event) for event in members])
        reviewer = roles.is_reviewer(principals.current())
        record, events = await self._store.read_log(found, owner, after, reviewer=reviewer)
        task = task_message(record, outlook=self._paces.outlook(record))
        return Log(task, [event_message(event) for event in events])
